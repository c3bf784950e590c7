import { expect, it } from 'vitest';
import { endpointOf, regionOf } from '../../../infra/bundling/aws/endpoint.ts';

it.each([
  ['eu-central-1', {}, 'https://sqs.eu-central-1.amazonaws.com/'],
  ['us-gov-west-1', { AWS_USE_FIPS_ENDPOINT: 'true' }, 'https://sqs-fips.us-gov-west-1.amazonaws.com/'],
  ['cn-north-1', {}, 'https://sqs.cn-north-1.amazonaws.com.cn/'],
  ['eusc-de-east-1', {}, 'https://sqs.eusc-de-east-1.amazonaws.eu/'],
  ['eu-central-1', { AWS_ENDPOINT_URL: 'http://127.0.0.1:5' }, 'http://127.0.0.1:5/'],
  [
    'eu-central-1',
    { AWS_ENDPOINT_URL_SQS: 'http://127.0.0.1:6', AWS_ENDPOINT_URL: 'http://127.0.0.1:5' },
    'http://127.0.0.1:6/',
  ],
])('finds the service in %s with %j', (region, env, url) => {
  expect(endpointOf('sqs', 'SQS', region, env).href).toBe(url);
});

it.each(['', 'eu-central-1.example.com', 'eu-central-1/x', 'EU-CENTRAL-1'])('takes no region %j', (region) => {
  expect(() => regionOf({ AWS_REGION: region })).toThrow('AWS_REGION is not set to a region.');
});

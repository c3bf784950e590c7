/** The environment of a function. */
export type Env = Readonly<NodeJS.ProcessEnv>;

const SUFFIXES: readonly (readonly [region: RegExp, suffix: string])[] = [
  [/^cn-/, 'amazonaws.com.cn'],
  [/^eusc-/, 'amazonaws.eu'],
  [/^us-iso-/, 'c2s.ic.gov'],
  [/^us-isob-/, 'sc2s.sgov.gov'],
  [/^eu-isoe-/, 'cloud.adc-e.uk'],
  [/^us-isof-/, 'csp.hci.ic.gov'],
];

/** A region's name is part of a host name: nothing else may stand there. */
const REGION = /^[a-z]{2,5}(?:-[a-z]+)+-\d{1,2}$/;

/** The region that Lambda sets, or that the caller names. @throws Error where there is none */
export function regionOf(env: Env, given?: string): string {
  const region = given ?? env['AWS_REGION'] ?? '';
  if (REGION.test(region)) return region;
  throw Object.assign(new Error('AWS_REGION is not set to a region.'), { name: 'ConfigurationError' });
}

/**
 * Where a service is: what the caller names, `AWS_ENDPOINT_URL_<SERVICE>`, `AWS_ENDPOINT_URL`, or the region's own, of
 * FIPS where `AWS_USE_FIPS_ENDPOINT` says so.
 *
 * @param id - the service's ID as AWS writes it in the variable, `SECRETS_MANAGER`
 * @see https://docs.aws.amazon.com/sdkref/latest/guide/feature-ss-endpoints.html
 */
export function endpointOf(service: string, id: string, region: string, env: Env, given?: string): URL {
  const named = given || env[`AWS_ENDPOINT_URL_${id}`] || env['AWS_ENDPOINT_URL'];
  if (named) return new URL(named);
  const suffix = SUFFIXES.find(([pattern]) => pattern.test(region))?.[1] ?? 'amazonaws.com';
  const host = env['AWS_USE_FIPS_ENDPOINT'] === 'true' ? `${service}-fips` : service;
  return new URL(`https://${host}.${region}.${suffix}`);
}

import * as dynamodb from '@aws-sdk/client-dynamodb';
import * as lambda from '@aws-sdk/client-lambda';
import * as secrets from '@aws-sdk/client-secrets-manager';
import * as sqs from '@aws-sdk/client-sqs';

/** The clients of AWS that our code uses, as the official packages export them. */
export interface AwsClients {
  readonly dynamodb: typeof dynamodb;
  readonly lambda: typeof lambda;
  readonly secrets: typeof secrets;
  readonly sqs: typeof sqs;
}

const ours = (name: string): string =>
  new URL(`../../../infra/bundling/aws/client-${name}.ts`, import.meta.url).pathname;

// What stands in has the names that we use, and no more: `slim-clients.test.ts` compares them.
const bundled: AwsClients = {
  dynamodb: await import(ours('dynamodb')),
  lambda: await import(ours('lambda')),
  secrets: await import(ours('secrets-manager')),
  sqs: await import(ours('sqs')),
};

/** The official clients, which sources and tests use, and those of the bundles: one promise, kept by both. */
export const CLIENTS: readonly { readonly name: string; readonly aws: AwsClients }[] = [
  { name: 'the official clients', aws: { dynamodb, lambda, secrets, sqs } },
  { name: "the bundles' clients", aws: bundled },
];

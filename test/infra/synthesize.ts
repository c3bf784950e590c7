import { join } from 'node:path';
import { App, Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { SubnetType, Vpc } from 'aws-cdk-lib/aws-ec2';
import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import { CHAT_ROUTES } from '../../functions/routes.ts';
import { SessionWarden, type SessionWardenProps } from '../../infra/index.ts';

/** A configuration with reapers and a chat. */
export const CONFIG = join(import.meta.dirname, 'warden.yaml');

/** What a test leaves as it is. */
export const EVERYTHING = {
  config: CONFIG,
  secretPrefix: 'warden/',
  secretKeys: ['arn:aws:kms:eu-west-1:111122223333:key/of-targets'],
  rdsIamUsers: ['arn:aws:rds-db:eu-west-1:111122223333:dbuser:cluster-ABC/warden'],
  api: { jwt: { issuer: 'https://id.example.com', audience: ['warden'] }, iam: true },
  console: true,
  alarms: { email: 'dba@example.com' },
} as const satisfies Omit<SessionWardenProps, 'vpc'>;

/** A secret of its own for each platform, known by its name. */
export const chatSecretsOf = (stack: Stack) =>
  Object.fromEntries(
    CHAT_ROUTES.map(({ name }) => [name, Secret.fromSecretNameV2(stack, `Chats-${name}`, `warden-chats/${name}`)]),
  );

/** A stack of nothing but a VPC and the construct, not bundled; with chats unless told otherwise. */
export function synthesize(over: Partial<SessionWardenProps> = {}, app = new App(NOT_BUNDLED)) {
  const stack = new Stack(app, 'Test');
  const vpc = new Vpc(stack, 'Vpc', {
    restrictDefaultSecurityGroup: false,
    subnetConfiguration: [{ name: 'inside', subnetType: SubnetType.PRIVATE_ISOLATED }],
    natGateways: 0,
  });
  const props = { vpc, chatSecrets: chatSecretsOf(stack), ...EVERYTHING, ...over };
  const warden = new SessionWarden(stack, 'Warden', props as SessionWardenProps);
  return { app, stack, warden, template: () => Template.fromStack(stack) };
}

/** Bundling takes seconds, and changes nothing but hashes. */
export const NOT_BUNDLED = { context: { 'aws:cdk:bundling-stacks': [] } };

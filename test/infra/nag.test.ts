import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { App, Stack, Validations } from 'aws-cdk-lib';
import { Vpc } from 'aws-cdk-lib/aws-ec2';
import { Bucket } from 'aws-cdk-lib/aws-s3';
import { AwsSolutionsChecks } from 'cdk-nag';
import { afterAll, expect, it } from 'vitest';
import { SessionWarden, type SessionWardenProps } from '../../infra/index.ts';
import { chatSecretsOf, EVERYTHING, NOT_BUNDLED } from './synthesize.ts';

const outdir = mkdtempSync(join(tmpdir(), 'warden-nag-'));
afterAll(() => rmSync(outdir, { recursive: true }));

/** An app of somebody else, for one account and region, in a VPC that is there already. */
function anApp(over: Partial<SessionWardenProps> = {}): { readonly app: App; readonly stack: Stack } {
  const app = new App({ ...NOT_BUNDLED, outdir });
  const stack = new Stack(app, 'Theirs', { env: { account: '111122223333', region: 'eu-west-1' } });
  const vpc = Vpc.fromVpcAttributes(stack, 'Vpc', {
    vpcId: 'vpc-0123456789abcdef0',
    vpcCidrBlock: '10.0.0.0/16',
    availabilityZones: ['eu-west-1a'],
    isolatedSubnetIds: ['subnet-0123456789abcdef0'],
    isolatedSubnetRouteTableIds: ['rtb-0123456789abcdef0'],
  });
  new SessionWarden(stack, 'Warden', {
    ...EVERYTHING,
    vpc,
    chatSecrets: chatSecretsOf(stack),
    auditTrail: true,
    ...over,
  });
  Validations.of(app).addPlugins(new AwsSolutionsChecks(app));
  return { app, stack };
}

it('leaves nothing unacknowledged for an app that runs cdk-nag itself, in a region and a VPC of its own', () => {
  expect(() => anApp().app.synth()).not.toThrow();
});

it('leaves nothing for a private API either', () => {
  const api = { private: true };
  const config = join(import.meta.dirname, '../../infra/warden.yaml');
  expect(() => anApp({ api, config, chatSecrets: undefined as never }).app.synth()).not.toThrow();
});

it('would tell of what is not acknowledged', () => {
  const { app, stack } = anApp();
  new Bucket(stack, 'Careless');
  expect(() => app.synth()).toThrow('The S3 Bucket has server access logs disabled. (AwsSolutions)');
});

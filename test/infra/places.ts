import { join } from 'node:path';
import { App, Stack } from 'aws-cdk-lib';
import { Vpc } from 'aws-cdk-lib/aws-ec2';
import { SessionWarden, type SessionWardenProps } from '../../infra/index.ts';
import { CONFIG, chatSecretsOf, EVERYTHING, NOT_BUNDLED } from './synthesize.ts';

/** A region of each partition. */
export const REGIONS = ['us-east-1', 'cn-north-1', 'us-gov-west-1'] as const;

/** A region whose template is checked. */
export type Region = (typeof REGIONS)[number];

const PARTITIONS: Readonly<Record<Region, string>> = {
  'us-east-1': 'aws',
  'cn-north-1': 'aws-cn',
  'us-gov-west-1': 'aws-us-gov',
};

const ACCOUNT = '111122223333';

/** With all that the region offers: public APIs with chats and the console, or a private one. */
export const API_KINDS = ['public', 'private'] as const;

/** One of these. */
export type ApiKind = (typeof API_KINDS)[number];

/** What is on in a region, for each kind of API, as docs/regions.md tells. */
function propsOf(region: Region, api: ApiKind, stack: Stack): Omit<SessionWardenProps, 'vpc'> {
  const partition = PARTITIONS[region];
  const { console: _console, ...every } = {
    ...EVERYTHING,
    secretKeys: [`arn:${partition}:kms:${region}:${ACCOUNT}:key/of-targets`],
    rdsIamUsers: [`arn:${partition}:rds-db:${region}:${ACCOUNT}:dbuser:cluster-ABC/warden`],
    // GovCloud has no Pipes.
    auditTrail: region !== 'us-gov-west-1',
    tracing: { active: region === 'us-east-1' },
  };
  return api === 'private'
    ? { ...every, config: join(import.meta.dirname, '../../infra/warden.yaml'), api: { private: true } }
    : { ...every, console: true, config: CONFIG, chatSecrets: chatSecretsOf(stack) };
}

/** The stack of someone's own app, bound to one of the {@link REGIONS}, in a VPC that is there already. */
export function stackIn(region: Region, api: ApiKind, app = new App(NOT_BUNDLED)): Stack {
  const stack = new Stack(app, 'Theirs', { env: { account: ACCOUNT, region } });
  const vpc = Vpc.fromVpcAttributes(stack, 'Vpc', {
    vpcId: 'vpc-0123456789abcdef0',
    vpcCidrBlock: '10.0.0.0/16',
    availabilityZones: [`${region}a`],
    isolatedSubnetIds: ['subnet-0123456789abcdef0'],
    isolatedSubnetRouteTableIds: ['rtb-0123456789abcdef0'],
  });
  new SessionWarden(stack, 'Warden', { ...propsOf(region, api, stack), vpc });
  return stack;
}

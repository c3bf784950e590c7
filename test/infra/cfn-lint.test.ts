import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { App, Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { Vpc } from 'aws-cdk-lib/aws-ec2';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { SessionWarden, type SessionWardenProps } from '../../infra/index.ts';
import { WardenStack } from '../../infra/warden-stack.ts';
import { run } from '../engines/server-process.ts';
import { pythonTool } from '../support/python-tool.ts';
import { resourcesOf } from './resources.ts';
import { chatSecretsOf, EVERYTHING, NOT_BUNDLED } from './synthesize.ts';

const REGIONS = ['us-east-1', 'cn-north-1', 'us-gov-west-1'];
const LINT = 'from cfnlint.runner.cli import main; main()';
const folder = mkdtempSync(join(tmpdir(), 'warden-cfn-lint-'));
afterAll(() => rmSync(folder, { recursive: true }));

let python: string | Error;
beforeAll(async () => {
  python = await pythonTool('cfn-lint', 'cfn-lint==1.58.*').catch((error: Error) => error);
});

/** The template of a stack that is bound to a region, as somebody's own app has it. */
function templateFor(region: string, props: (stack: Stack) => Omit<SessionWardenProps, 'vpc'>): Template {
  const stack = new Stack(new App(NOT_BUNDLED), 'Theirs', { env: { account: '111122223333', region } });
  const vpc = Vpc.fromVpcAttributes(stack, 'Vpc', {
    vpcId: 'vpc-0123456789abcdef0',
    vpcCidrBlock: '10.0.0.0/16',
    availabilityZones: [`${region}a`],
    isolatedSubnetIds: ['subnet-0123456789abcdef0'],
    isolatedSubnetRouteTableIds: ['rtb-0123456789abcdef0'],
  });
  new SessionWarden(stack, 'Warden', { ...props(stack), vpc });
  return Template.fromStack(stack);
}

const config = join(import.meta.dirname, '../../infra/warden.yaml');
const everything = (stack: Stack) => ({ ...EVERYTHING, chatSecrets: chatSecretsOf(stack) });
const alone = () => ({ ...EVERYTHING, config, api: { private: true } });

/** What cfn-lint has to say of templates, rule and sentence. */
async function lint(templates: readonly Template[], regions: readonly string[]): Promise<readonly string[]> {
  const files = templates.map((template, at) => {
    const file = join(folder, `${regions.join('-')}-${at}.json`);
    writeFileSync(file, JSON.stringify(template.toJSON()));
    return file;
  });
  const args = ['--format', 'json', '--non-zero-exit-code', 'none', '--regions', ...regions, '--', ...files];
  const { stdout } = await run(String(python), ['-c', LINT, ...args]);
  const found: readonly { readonly Rule: { readonly Id: string }; readonly Message: string }[] = JSON.parse(stdout);
  return found.map(({ Rule, Message }) => `${Rule.Id} ${Message}`);
}

/** Not of these: that a resource waits for what it refers to anyway, which is how CDK says that policies come first. */
const isNews = (line: string): boolean => !line.startsWith('W3005 ');

describe.each([
  ['cn-north-1', 'arn:aws-cn:'],
  ['us-gov-west-1', 'arn:aws-us-gov:'],
])('the template for %s', (region, partition) => {
  const { secretKeys: _keys, rdsIamUsers: _users, ...own } = EVERYTHING;
  const template = templateFor(region, () => ({ ...own, config, tracing: { active: false } }));

  it('names the endpoints of that region', () => {
    const made = [...resourcesOf(template, 'AWS::EC2::VPCEndpoint').values()];
    const names = made.flatMap(({ Properties: { VpcEndpointType, ServiceName } }) =>
      VpcEndpointType === 'Interface' ? String(ServiceName) : [],
    );
    // China's SQS has a name of its own.
    const sqs = `${region.startsWith('cn-') ? 'cn.' : ''}com.amazonaws.${region}.sqs`;
    const others = ['secretsmanager'].map((service) => `com.amazonaws.${region}.${service}`);
    expect(names.toSorted()).toEqual([sqs, ...others].toSorted());
  });

  it('names no other partition, and traces nothing where that is not offered', () => {
    const text = JSON.stringify(template.toJSON());
    expect(text.match(/arn:aws[a-z-]*:/g)?.filter((found) => found !== partition) ?? []).toEqual([]);
    expect(text).not.toContain('TracingConfig');
  });
});

describe('cfn-lint finds nothing in what is deployed', () => {
  it.for(REGIONS)('to %s, with public APIs and with a private one', async (region, context) => {
    if (typeof python !== 'string')
      return context.skip(`cfn-lint does not run here: ${python.message.split('\n').at(-1)}`);
    const found = await lint([templateFor(region, everything), templateFor(region, alone)], [region]);
    expect(found.filter(isNews)).toEqual([]);
  });

  it('by the app, whose template is good for any region', async (context) => {
    if (typeof python !== 'string')
      return context.skip(`cfn-lint does not run here: ${python.message.split('\n').at(-1)}`);
    const app = new App({ context: { ...NOT_BUNDLED.context, config, email: 'dba@example.com' } });
    expect((await lint([Template.fromStack(new WardenStack(app))], REGIONS)).filter(isNews)).toEqual([]);
  });
});

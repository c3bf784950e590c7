import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { App } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { WardenStack } from '../../infra/warden-stack.ts';
import { run } from '../engines/server-process.ts';
import { pythonTool } from '../support/python-tool.ts';
import { API_KINDS, REGIONS, stackIn } from './places.ts';
import { resourcesOf } from './resources.ts';
import { NOT_BUNDLED } from './synthesize.ts';

const LINT = 'from cfnlint.runner.cli import main; main()';
const folder = mkdtempSync(join(tmpdir(), 'warden-cfn-lint-'));
afterAll(() => rmSync(folder, { recursive: true }));

let python: string | Error;
beforeAll(async () => {
  python = await pythonTool('cfn-lint', 'cfn-lint==1.58.*').catch((error: Error) => error);
});

const config = join(import.meta.dirname, '../../infra/warden.yaml');

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
] as const)('the template for %s', (region, partition) => {
  const templates = API_KINDS.map((api) => Template.fromStack(stackIn(region, api)));

  it('names the endpoints of that region', () => {
    const [publicly = Template.fromJSON({})] = templates;
    const made = [...resourcesOf(publicly, 'AWS::EC2::VPCEndpoint').values()];
    const names = made.flatMap(({ Properties: { VpcEndpointType, ServiceName } }) =>
      VpcEndpointType === 'Interface' ? String(ServiceName) : [],
    );
    // China's SQS has a name of its own.
    const sqs = `${region.startsWith('cn-') ? 'cn.' : ''}com.amazonaws.${region}.sqs`;
    const others = ['secretsmanager'].map((service) => `com.amazonaws.${region}.${service}`);
    expect(names.toSorted()).toEqual([sqs, ...others].toSorted());
  });

  it('names no other partition, and traces nothing where that is not offered', () => {
    const text = JSON.stringify(templates.map((template) => template.toJSON()));
    expect(text.match(/arn:aws[a-z-]*:/g)?.filter((found) => found !== partition) ?? []).toEqual([]);
    expect(text).not.toContain('TracingConfig');
  });
});

describe('cfn-lint finds nothing in what is deployed', () => {
  it.for(REGIONS)('to %s, with public APIs and with a private one', async (region, context) => {
    if (typeof python !== 'string')
      return context.skip(`cfn-lint does not run here: ${python.message.split('\n').at(-1)}`);
    const templates = API_KINDS.map((api) => Template.fromStack(stackIn(region, api)));
    const found = await lint(templates, [region]);
    expect(found.filter(isNews)).toEqual([]);
  });

  it('by the app, whose template is good for any region', async (context) => {
    if (typeof python !== 'string')
      return context.skip(`cfn-lint does not run here: ${python.message.split('\n').at(-1)}`);
    const app = new App({ context: { ...NOT_BUNDLED.context, config, email: 'dba@example.com' } });
    expect((await lint([Template.fromStack(new WardenStack(app))], REGIONS)).filter(isNews)).toEqual([]);
  });
});

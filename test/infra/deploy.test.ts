import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { runOffline } from './run-offline.ts';

const root = join(import.meta.dirname, '../..');
const deploy = (env: Readonly<Record<string, string>>, ...args: readonly string[]) =>
  runOffline(root, process.execPath, ['infra/deploy.ts', ...args], env);
const app = (context: object) =>
  runOffline(root, process.execPath, ['infra/app.ts'], { CDK_CONTEXT_JSON: JSON.stringify(context) });

describe('npm run deploy', () => {
  it.each([
    ['without credentials', {}, []],
    ['with a profile that is not there', { AWS_PROFILE: 'nowhere' }, []],
    ['with an option of a profile that is not there', {}, ['--profile', 'nowhere']],
    ['with half a key', { AWS_ACCESS_KEY_ID: 'id' }, ['-c', 'stage=prod']],
  ])('%s says so in one sentence, before anything is synthesized', (_what, env, args) => {
    const said = /^No AWS credentials can be used: run `aws configure` [^\n]+\.\n$/;
    expect(deploy(env, ...args)).toEqual({ code: 1, output: expect.stringMatching(said) });
  });

  it.each([
    ['eu-centrall-1', 'did you mean eu-central-1?'],
    ['frankfurt', 'set AWS_REGION to one of AWS'],
  ])('to %s names the region that was meant', (AWS_REGION, advice) => {
    expect(deploy({ AWS_REGION })).toEqual({ code: 1, output: `There is no region ${AWS_REGION}: ${advice}\n` });
  });

  it('takes a new region whose words are known', () => {
    expect(deploy({ AWS_REGION: 'ap-southeast-99' }).output).toContain('No AWS credentials');
  });
});

describe('the app', () => {
  it.each([
    ['a misspelt name', { vcp: 'vpc-1' }, 'context: there is no name `vcp`: did you mean `vpc`?\n'],
    ['a wrong value', { workers: '0' }, 'context workers: write a whole number from 1\n'],
    ['a configuration that is not there', { config: 'no.yaml' }, /^config: no\.yaml cannot be read[^\n]+\n$/],
    ['a VPC and no account to look in', { vpc: 'vpc-1' }, /^context vpc: it is looked up in your account: [^\n]+\n$/],
  ])('says of %s what to write, and shows no stack', (_what, context, output) => {
    const said = typeof output === 'string' ? output : expect.stringMatching(output);
    expect(app(context)).toEqual({ code: 1, output: said });
  });
});

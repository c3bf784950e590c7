import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { fromConfigJson } from '../../lib/config/config-json.ts';
import { runOffline } from './run-offline.ts';

const root = join(import.meta.dirname, '../..');
const out = mkdtempSync(join(tmpdir(), 'warden-synth-'));
afterAll(() => rmSync(out, { recursive: true }));

const readJson = (...path: readonly string[]) => JSON.parse(readFileSync(join(out, ...path), 'utf8'));

it('synthesizes with no network and no account, with bundles, and nothing unacknowledged', () => {
  const everything = [
    'chatSecrets=slack=chats/slack,webhook=chats/webhook',
    'issuer=https://id.example.com',
    'audience=warden',
    'iam=true',
    'email=a@b.example',
  ];
  const context = everything.flatMap((value) => ['-c', value]);
  const cdk = join(root, 'node_modules/aws-cdk/bin/cdk');
  const { code, output } = runOffline(root, process.execPath, [
    cdk,
    'synth',
    '--quiet',
    '--strict',
    '-o',
    out,
    ...context,
  ]);
  expect({ code, output }).toMatchObject({ code: 0 });
  expect(output).not.toMatch(/\b(ERROR|WARN|Acknowledge with)\b/);

  const { Resources } = readJson('SessionWarden-dev.template.json');
  const functions = Object.values<{ Type: string; Properties: { Description?: string; Code: { S3Key: string } } }>(
    Resources,
  ).filter(
    ({ Type, Properties }) => Type === 'AWS::Lambda::Function' && /^Session Warden/.test(Properties.Description ?? ''),
  );
  const assets = new Map(
    functions.map(({ Properties: { Description = '', Code } }) => [
      Description.replace('Session Warden: ', ''),
      `asset.${Code.S3Key.replace('.zip', '')}`,
    ]),
  );
  for (const [name, asset] of assets) expect(readdirSync(join(out, asset)), name).toContain('index.mjs');
  // Each has its own code, and who reads a configuration has the validated one beside it.
  expect(readFileSync(join(out, assets.get('slack') ?? '', 'index.mjs'), 'utf8')).not.toBe(
    readFileSync(join(out, assets.get('kill-query') ?? '', 'index.mjs'), 'utf8'),
  );
  const config = fromConfigJson(
    readFileSync(join(out, assets.get('kill-query') ?? '', 'warden.json'), 'utf8'),
    'warden.json',
  );
  expect(config.reapers[0]).toMatchObject({ name: 'idle-in-transaction', every: 300, mode: 'dry-run' });
  expect(readdirSync(join(out, assets.get('slack') ?? ''))).not.toContain('warden.json');
});

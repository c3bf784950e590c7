import { build } from 'esbuild';
import { describe, expect, it } from 'vitest';
import { CHAT_ROUTES } from '../../functions/routes.ts';

async function inputsOf(name: string): Promise<readonly string[]> {
  const { metafile } = await build({
    entryPoints: [new URL(`../../functions/${name}.ts`, import.meta.url).pathname],
    bundle: true,
    write: false,
    metafile: true,
    platform: 'node',
    format: 'esm',
    external: ['@aws-sdk/*'],
    logLevel: 'silent',
  });
  return Object.keys(metafile.inputs);
}

describe.each(CHAT_ROUTES.map(({ name }) => name))('the bundle of %s', (name) => {
  it('holds no database driver, no SDK of a chat platform, and reads no YAML', async () => {
    const inputs = await inputsOf(name);
    expect(inputs.length).toBeGreaterThan(10);
    const unwanted =
      /mysql2|@slack|slack-edge|larksuite|dingtalk-|node_modules\/(yaml|axios|ws)\/|^lib\/(database|credentials)/;
    expect(inputs.filter((path) => unwanted.test(path))).toEqual([]);
  });
});

it('the worker holds no database driver either', async () => {
  expect((await inputsOf('chat-worker')).filter((path) => /mysql2|^lib\/(database|credentials)/.test(path))).toEqual(
    [],
  );
});

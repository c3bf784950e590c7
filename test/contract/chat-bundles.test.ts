import { build } from 'esbuild';
import { describe, expect, it } from 'vitest';
import { CHAT_ROUTES } from '../../functions/routes.ts';
import { receivers } from '../../infra/chat.ts';
import { loadedAtOnce } from '../support/bundle-contents.ts';

async function inputsOf(name: string): Promise<readonly string[]> {
  const { metafile } = await build({
    entryPoints: [new URL(`../../functions/${name}.ts`, import.meta.url).pathname],
    bundle: true,
    plugins: [receivers],
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
      /mysql2|@slack|slack-edge|larksuite|dingtalk-|node_modules\/(yaml|axios|ws)\/|^lib\/(database|targets)/;
    expect(inputs.filter((path) => unwanted.test(path))).toEqual([]);
  });

  it('holds its own code, and of other channels at most what they say of themselves', async () => {
    const folders = CHAT_ROUTES.map((route) => route.name);
    const inputs = await inputsOf(name);
    expect(inputs).toContain(`lib/chatops/channels/${name}/channel.ts`);
    expect(inputs.filter((path) => path.endsWith('/play.ts'))).toEqual([]);
    const others = folders.filter((other) => inputs.some((path) => path.startsWith(`lib/chatops/channels/${other}/`)));
    // A webhook names a place of another channel, so it must know which have places.
    expect(others).toEqual(name === 'webhook' ? folders : [name]);
    const foreign = inputs.filter(
      (path) => /^lib\/chatops\/channels\/\w+\//.test(path) && !path.startsWith(`lib/chatops/channels/${name}/`),
    );
    expect(foreign.filter((path) => !/^lib\/chatops\/channels\/\w+\/about\.ts$/.test(path))).toEqual([]);
  });
});

it('the worker holds no database driver either', async () => {
  expect((await inputsOf('chat-worker')).filter((path) => /mysql2|^lib\/(database|targets)/.test(path))).toEqual([]);
});

it('the worker loads the code of a channel when it has a message for it, and not before', async () => {
  const { metafile } = await build({
    entryPoints: [new URL('../../functions/chat-worker.ts', import.meta.url).pathname],
    ...{ bundle: true, splitting: true, write: false, metafile: true, outdir: 'unwritten', entryNames: 'index' },
    ...{
      platform: 'node',
      format: 'esm',
      external: ['@aws-sdk/*'],
      logLevel: 'silent',
      outExtension: { '.js': '.mjs' },
    },
  });
  const code = CHAT_ROUTES.map(({ name }) => `lib/chatops/channels/${name}/channel.ts`);
  const entries = Object.values(metafile.outputs).flatMap(({ entryPoint }) => entryPoint ?? []);
  expect(entries).toEqual(expect.arrayContaining(code));
  const { inputs } = loadedAtOnce(metafile);
  expect([...inputs.keys()]).toContain('functions/chat-worker.ts');
  expect([...inputs.keys()].filter((path) => code.includes(path))).toEqual([]);
});

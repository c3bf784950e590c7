import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { synthesize } from './synthesize.ts';

describe('wrong props', () => {
  it.each([
    ['no authorizer', { api: {} }, /api: write jwt, or iam/],
    ['no audience', { api: { jwt: { issuer: 'https://id.example.com', audience: [] } } }, /api\.jwt\.audience/],
    ['a prefix that no secret has', { secretPrefix: 'a b' }, /secretPrefix: write 1 to 400/],
    ['an empty prefix', { secretPrefix: '' }, /secretPrefix: write 1 to 400/],
    ['a chat secret that would be a target', { secretPrefix: 'warden-' }, /chatSecret: warden-chats begins with/],
    ['one worker', { concurrency: { workers: 1 } }, /concurrency\.workers: write at least 2/],
    ['reports without a chat', { chatSecret: undefined as never }, /reaper idle-app has warn or report/],
    ['a configuration that is not there', { config: 'nowhere.yaml' }, /nowhere\.yaml cannot be read/],
  ])('%s', (_what, over, message) => {
    expect(() => synthesize(over)).toThrow(message);
  });

  it('an empty prefix and no tag would make every secret a target', () => {
    expect(() => synthesize({ secretPrefix: undefined as never })).toThrow(/secretPrefix or secretTag/);
  });

  it('a configuration that is wrong is named with file and line', () => {
    const file = join(mkdtempSync(join(tmpdir(), 'warden-config-')), 'warden.yaml');
    writeFileSync(file, 'access: []\nstop: perhaps\n');
    expect(() => synthesize({ config: file })).toThrow(`config: ${file}:2: stop: write true or false`);
  });
});

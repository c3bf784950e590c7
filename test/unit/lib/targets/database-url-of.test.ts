import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { afterAll, describe, expect, it } from 'vitest';
import { AppError } from '../../../../lib/errors.ts';
import { targetsFromEnvironment } from '../../../../lib/targets/database-url.ts';

const folder = mkdtempSync(join(tmpdir(), 'warden-env-'));
afterAll(() => rmSync(folder, { recursive: true }));

const fileOf = (text: string): string => {
  const file = join(folder, 'targets');
  writeFileSync(file, text);
  return file;
};
const read = (env: NodeJS.ProcessEnv) => Object.fromEntries(targetsFromEnvironment(env));

describe('targetsFromEnvironment', () => {
  it.each([{}, { DATABASE_URL: '', TARGETS: '' }])('is empty for %j', (env) => {
    expect(read(env)).toEqual({});
  });

  it('calls DATABASE_URL local', () => {
    expect(read({ DATABASE_URL: 'mysql://u:p@h' })).toEqual({ local: 'mysql://u:p@h' });
  });

  it.each([
    ['JSON', '{"pay":"mysql://u:p%20@h/db?tls=on","crm":"mysql://u@h"}'],
    ['YAML', 'pay: mysql://u:p%20@h/db?tls=on # the first\ncrm: "mysql://u@h"\n'],
  ])('joins a file of %s and DATABASE_URL', (_kind, text) => {
    expect(read({ TARGETS: fileOf(text), DATABASE_URL: 'mysql://x@h' })).toEqual({
      pay: 'mysql://u:p%20@h/db?tls=on',
      crm: 'mysql://u@h',
      local: 'mysql://x@h',
    });
  });

  it('takes local from the file where there is no DATABASE_URL', () => {
    expect(read({ TARGETS: fileOf('local: mysql://u@h') })).toEqual({ local: 'mysql://u@h' });
  });

  it.each([
    ['local twice', 'local: mysql://u:hunter2@h', /local/],
    ['a name twice', 'a: mysql://u:hunter2@h\na: mysql://u:hunter2@h', /line 2.*DUPLICATE_KEY/],
    ['what is not YAML', 'a: "mysql://u:hunter2@h', /line \d+ is not valid/],
    ['an alias of nothing', 'a: mysql://u:hunter2@h\nb: *c', /alias/i],
    ['a list', '[mysql://u:hunter2@h]', /name: url/],
    ['a target that is no text', 'a: { password: hunter2 }', /^TARGETS: a is/],
  ])('refuses %s, and tells no password', (_case, text, detail) => {
    const act = () => read({ TARGETS: fileOf(text), DATABASE_URL: 'mysql://u:hunter2@h' });

    expect(act).toThrow(AppError);
    try {
      act();
    } catch (error) {
      expect(error).toMatchObject({ code: 'configuration-invalid', detail: expect.stringMatching(detail) });
      expect(inspect(error)).not.toContain('hunter2');
    }
  });

  it('refuses a file that cannot be read', () => {
    expect(() => read({ TARGETS: join(folder, 'none') })).toThrow(
      expect.objectContaining({ code: 'configuration-invalid', detail: 'TARGETS: the file cannot be read.' }),
    );
  });
});

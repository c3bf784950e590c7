import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { loadConfig } from '../../../../functions/wiring/load-config.ts';
import { parseConfig } from '../../../../lib/config/config.ts';
import { toConfigJson } from '../../../../lib/config/config-json.ts';

const EXPIRED = `reapers: [{ name: a, targets: ['*'], kill: query, match: { user: x }, until: '2020-01-01' }]\n`;

it('takes a rule whose last day is over, which a check of the file refuses', async () => {
  const file = join(await mkdtemp(join(tmpdir(), 'warden-config-')), 'warden.yaml');
  await writeFile(file, EXPIRED);
  expect(() => parseConfig(EXPIRED, file)).toThrow(expect.objectContaining({ code: 'configuration-invalid' }));
  expect((await loadConfig({ WARDEN_CONFIG: file })).reapers).toHaveLength(1);
});

it('names a file that cannot be read', async () => {
  await expect(loadConfig({ WARDEN_CONFIG: 'no-such-file.yaml' })).rejects.toMatchObject({
    code: 'configuration-invalid',
    detail: 'no-such-file.yaml: the file cannot be read.',
  });
});

it('reads what a deployment wrote, by the name of the file', async () => {
  const file = join(await mkdtemp(join(tmpdir(), 'warden-config-')), 'warden.json');
  const config = parseConfig(EXPIRED, 'warden.yaml', { allowExpired: true });
  await writeFile(file, toConfigJson(config));
  expect(await loadConfig({ WARDEN_CONFIG: file })).toEqual(config);
});

import { readFile } from 'node:fs/promises';
import type { WardenConfig } from '../../lib/config/config.ts';
import { fromConfigJson } from '../../lib/config/config-json.ts';
import { AppError } from '../../lib/errors.ts';
import type { Env } from './environment.ts';

/**
 * The configuration that `WARDEN_CONFIG` names, default `warden.yaml`; a file `.json` is one that a deployment wrote. A
 * rule whose last day is over is taken, and inert: what already runs must not fail at midnight.
 *
 * @throws AppError `configuration-invalid`
 */
export async function loadConfig(env: Env): Promise<WardenConfig> {
  const file = env['WARDEN_CONFIG'] ?? 'warden.yaml';
  const text = await readFile(file, 'utf8').catch((cause: unknown) => {
    throw new AppError('configuration-invalid', { cause, detail: `${file}: the file cannot be read.` });
  });
  if (file.endsWith('.json')) return fromConfigJson(text, file);
  const { parseConfig } = await import('../../lib/config/config.ts');
  return parseConfig(text, file, { allowExpired: true });
}

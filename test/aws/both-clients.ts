import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from 'esbuild';
import { afterAll } from 'vitest';
import { BUNDLING } from '../../infra/bundling.ts';
import * as official from './parts.ts';

/** Our code on AWS's clients. */
export type Parts = typeof official;

/**
 * Our code on the official clients, as it stands, and on those of the bundles, bundled as a function is: what is promised
 * over the one must hold over the other.
 */
export async function bothClients(): Promise<readonly { readonly clients: string; readonly aws: Parts }[]> {
  const outdir = mkdtempSync(join(tmpdir(), 'warden-clients-'));
  afterAll(() => rmSync(outdir, { recursive: true, force: true }));
  await build({ ...BUNDLING, entryPoints: [join(import.meta.dirname, 'parts.ts')], outdir });
  const bundled: Parts = await import(join(outdir, 'index.mjs'));
  return [
    { clients: 'the official clients', aws: official },
    { clients: "the bundles' clients", aws: bundled },
  ];
}

/** Where an emulator is, and who asks it: nobody. */
export const atEmulator = (endpoint = 'http://127.0.0.1:1') => ({
  endpoint,
  region: 'us-east-1',
  credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
});

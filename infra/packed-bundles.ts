import { copyFileSync, cpSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { BUNDLE_FILE } from './bundle-file.ts';

const LIST = 'bundles.json';

/**
 * Puts the bundles of a folder into another one, each file once: their pieces bear the hash of what is in them, so
 * that those of one name are the same in every bundle, which makes the package a tenth as large.
 */
export function packBundles(bundles: string, packed: string): void {
  mkdirSync(packed, { recursive: true });
  const files: Record<string, readonly string[]> = {};
  for (const name of readdirSync(bundles)) {
    const pieces = readdirSync(join(bundles, name)).filter((file) => file !== BUNDLE_FILE);
    for (const piece of pieces) copyFileSync(join(bundles, name, piece), join(packed, piece));
    copyFileSync(join(bundles, name, BUNDLE_FILE), join(packed, `${name}.mjs`));
    files[name] = pieces;
  }
  writeFileSync(join(packed, LIST), JSON.stringify(files));
}

/** Lays out the bundle of one function as {@link packBundles} found it. */
export function unpackBundle(packed: string, name: string, folder: string): void {
  const list: unknown = JSON.parse(readFileSync(join(packed, LIST), 'utf8'));
  const pieces: unknown = Object.entries(list ?? {}).find(([key]) => key === name)?.[1];
  if (!Array.isArray(pieces)) throw new Error(`${packed} holds no function ${name}`);
  for (const piece of pieces) cpSync(join(packed, String(piece)), join(folder, String(piece)));
  cpSync(join(packed, `${name}.mjs`), join(folder, BUNDLE_FILE));
}

import { execFileSync } from 'node:child_process';
import {
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Stack } from 'aws-cdk-lib';
import { Code } from 'aws-cdk-lib/aws-lambda';
import type { Construct } from 'constructs';
import type { WardenConfig } from '../lib/config/config.ts';
import { toConfigJson } from '../lib/config/config-json.ts';

/** The bundles that the package brings; a checkout has none, and makes them from the sources. */
const PACKED = join(import.meta.dirname, '../bundles');

/** As functions are told to read it. */
const CONFIG_FILE = 'warden.json';

let root: string | undefined;

/** A new folder that lasts as long as this process: CDK copies what is in it into its assembly at once. */
function newFolder(name: string): string {
  if (root === undefined) {
    const made = mkdtempSync(join(tmpdir(), 'session-warden-'));
    process.once('exit', () => rmSync(made, { recursive: true, force: true }));
    root = made;
  }
  return mkdtempSync(join(root, `${name}-`));
}

let bundles: string | undefined;

/** Makes all bundles at once, the first time that one is asked for: one process for all of them. */
function madeBundles(): string {
  if (bundles !== undefined) return bundles;
  const folder = newFolder('bundles');
  execFileSync(process.execPath, [join(import.meta.dirname, 'bundling.ts'), folder], {
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  bundles = folder;
  return folder;
}

/**
 * The code of a function: its bundle, and beside it the configuration as it was validated, so that a cold start parses
 * no YAML. Where CDK needs no code of this stack, as for `cdk list`, it is none.
 */
export function functionCode(scope: Construct, name: string, config: WardenConfig | undefined): Code {
  if (!Stack.of(scope).bundlingRequired) return Code.fromAsset(import.meta.dirname);
  const folder = newFolder(name);
  if (existsSync(PACKED)) unpackBundle(PACKED, name, folder);
  else cpSync(join(madeBundles(), name), folder, { recursive: true });
  if (config !== undefined) writeFileSync(join(folder, CONFIG_FILE), toConfigJson(config));
  return Code.fromAsset(folder);
}

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

/** The name of a bundle's first file; its export `handler` is what Lambda calls. */
export const BUNDLE_FILE = 'index.mjs';

import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cpSync, existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { AssetHashType, DockerImage } from 'aws-cdk-lib';
import { Code } from 'aws-cdk-lib/aws-lambda';
import type { WardenConfig } from '../lib/config.ts';
import { toConfigJson } from '../lib/config-json.ts';
import { unpackBundle } from './packed-bundles.ts';

/** The bundles that the package brings; a checkout has none, and makes them from the sources. */
const PACKED = join(import.meta.dirname, '../bundles');

/** As functions are told to read it. */
const CONFIG_FILE = 'warden.json';

let made: string | undefined;

/** Makes all bundles at once, the first time that one is asked for: one process for all of them. */
function madeBundles(): string {
  if (made !== undefined) return made;
  const folder = mkdtempSync(join(tmpdir(), 'session-warden-'));
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
  execFileSync(process.execPath, [join(import.meta.dirname, 'build-bundles.ts'), folder], {
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  made = folder;
  return folder;
}

function layOut(name: string, output: string): void {
  if (existsSync(PACKED)) unpackBundle(PACKED, name, output);
  else cpSync(join(madeBundles(), name), output, { recursive: true });
}

/**
 * The code of a function: its bundle, and beside it the configuration as it was validated, so that a cold start parses
 * no YAML.
 */
export function functionCode(name: string, config: WardenConfig | undefined): Code {
  const text = config === undefined ? '' : toConfigJson(config);
  return Code.fromAsset(import.meta.dirname, {
    assetHashType: AssetHashType.OUTPUT,
    bundling: {
      // Never used: the local bundler below always answers.
      image: DockerImage.fromRegistry('scratch'),
      // CDK keeps outputs by these options, and would take one function's code for another's.
      environment: { name, config: createHash('sha256').update(text).digest('hex') },
      local: {
        tryBundle(output) {
          layOut(name, output);
          if (text !== '') writeFileSync(join(output, CONFIG_FILE), text);
          return true;
        },
      },
    },
  });
}

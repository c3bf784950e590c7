import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cpSync, existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { AssetHashType, DockerImage } from 'aws-cdk-lib';
import { Code } from 'aws-cdk-lib/aws-lambda';
import type { WardenConfig } from '../lib/config.ts';

/** The bundles that the package brings; in a checkout there are none, and they are made from the sources. */
const PACKED = join(import.meta.dirname, '../bundles');
const CONFIG_FILE = 'warden.json';

let made: string | undefined;

/** Makes all bundles at once, the first time that one is asked for: one process for all of them. */
function bundles(): string {
  if (existsSync(PACKED)) return PACKED;
  if (made !== undefined) return made;
  const folder = mkdtempSync(join(tmpdir(), 'session-warden-'));
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
  execFileSync(process.execPath, [join(import.meta.dirname, 'build-bundles.ts'), folder], {
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  made = folder;
  return folder;
}

/**
 * The code of a function: its bundle, and beside it the configuration as it was validated, so that a cold start parses
 * no YAML.
 */
export function functionCode(name: string, config: WardenConfig | undefined): Code {
  const text = config === undefined ? '' : `${JSON.stringify({ format: 1, config }, null, 1)}\n`;
  return Code.fromAsset(import.meta.dirname, {
    assetHashType: AssetHashType.OUTPUT,
    bundling: {
      // Never used: the local bundler below always answers.
      image: DockerImage.fromRegistry('scratch'),
      // CDK keeps outputs by these options, and would take one function's code for another's.
      environment: { name, config: createHash('sha256').update(text).digest('hex') },
      local: {
        tryBundle(output) {
          cpSync(join(bundles(), name), output, { recursive: true });
          if (text !== '') writeFileSync(join(output, CONFIG_FILE), text);
          return true;
        },
      },
    },
  });
}

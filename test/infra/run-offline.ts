import { spawnSync } from 'node:child_process';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const NOWHERE = 'http://127.0.0.1:9';

/** True where a network namespace of its own can be had, with no interface but an idle loopback. */
const hasNamespace = process.platform === 'linux' && spawnSync('unshare', ['--net', 'true']).status === 0;

/** The environment of somebody who has no account of AWS, and whose proxies are dead. */
function environment(): NodeJS.ProcessEnv {
  const kept = Object.entries(process.env).filter(([name]) => !/^(AWS_|CDK_|npm_|.*proxy$)/i.test(name));
  return {
    ...Object.fromEntries(kept),
    HOME: mkdtempSync(join(tmpdir(), 'warden-home-')),
    AWS_EC2_METADATA_DISABLED: 'true',
    HTTP_PROXY: NOWHERE,
    HTTPS_PROXY: NOWHERE,
    NO_COLOR: '1',
  };
}

/** How a program ended. */
export interface Ended {
  readonly code: number | null;
  /** Both outputs. */
  readonly output: string;
}

/** Runs a program with no network: in a namespace of its own, or where that cannot be had, with dead proxies. @param more - of its environment */
export function runOffline(
  cwd: string,
  program: string,
  args: readonly string[],
  more: Readonly<Record<string, string>> = {},
): Ended {
  const [command, ...rest] = hasNamespace ? ['unshare', '--net', program, ...args] : [program, ...args];
  const { status, stdout, stderr } = spawnSync(command ?? program, rest, {
    cwd,
    env: { ...environment(), ...more },
    encoding: 'utf8',
  });
  return { code: status, output: `${stdout}${stderr}` };
}

import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { z } from 'zod';
import { lockedPackages } from '../support/locked-packages.ts';
import type { Figures } from './figures.ts';

const root = new URL('../../', import.meta.url);
const WORKFLOWS = new URL('.github/workflows/', root);
const auditSchema = z.object({ metadata: z.object({ vulnerabilities: z.object({ total: z.int() }) }) });

/** How many vulnerabilities `npm audit` knows of; `undefined` where the registry does not tell. */
function audited(): number | undefined {
  const { stdout } = spawnSync('npm', ['audit', '--json'], { cwd: root, encoding: 'utf8' });
  try {
    return auditSchema.parse(JSON.parse(stdout)).metadata.vulnerabilities.total;
  } catch {
    return undefined;
  }
}

/** What the lock file and the workflows hold. test/contract/supply-chain.test.ts says what they must. */
export function supplyChainFigures(): Figures {
  const { all, withoutChecksum } = lockedPackages();
  const uses = readdirSync(WORKFLOWS).flatMap((file) => [
    ...readFileSync(new URL(file, WORKFLOWS), 'utf8').matchAll(/uses: (\S+)/g),
  ]);
  const loose = uses.filter(([, what = '']) => !/@[0-9a-f]{40}$/.test(what));
  const vulnerabilities = audited();
  const audit = vulnerabilities === undefined ? 'npm audit: the registry here does not answer it' : 'npm audit asked';
  return {
    name: 'Supply chain',
    tried: all.length + uses.length,
    wrong: null,
    lost: null,
    left: null,
    findings: withoutChecksum.length + loose.length + (vulnerabilities ?? 0),
    note: `${all.length} packages, ${withoutChecksum.length} without a checksum; ${uses.length} actions, ${loose.length} not pinned by commit; ${audit}`,
  };
}

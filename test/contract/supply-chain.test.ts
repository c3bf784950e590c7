import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';
import { lockedPackages } from '../support/locked-packages.ts';

const root = new URL('../../', import.meta.url);
const read = (path: string): string => readFileSync(new URL(path, root), 'utf8');
const versions = z.record(z.string(), z.string());
const manifest = z
  .object({ dependencies: versions, devDependencies: versions })
  .parse(JSON.parse(read('package.json')));
const all = { ...manifest.dependencies, ...manifest.devDependencies };

describe('the supply chain', () => {
  it.each(Object.entries(all))('%s has an exact version, and a line that says why', (name, version) => {
    expect(version).toMatch(/^\d+\.\d+\.\d+$/);
    expect(read('docs/decisions.md')).toMatch(new RegExp(`^\\| ${name} \\| (?:\\d+|–) \\| .{5,} \\|$`, 'm'));
  });

  it('has a checksum for every package, and tells nobody where it came from', () => {
    // `npm install` leaves out checksums of what it finds in node_modules: make the lock file anew without that folder.
    expect(lockedPackages().withoutChecksum).toEqual([]);
    expect(read('package-lock.json')).not.toContain('"resolved"');
  });

  it.each(readdirSync(new URL('.github/workflows/', root)))(
    '%s pins what it runs, and may do no more than it must',
    (file) => {
      const text = read(`.github/workflows/${file}`);
      const uses = [...text.matchAll(/uses: (.*)$/gm)].map(([, what]) => what ?? '');
      for (const what of uses) expect(what).toMatch(/^[\w-]+\/[\w/-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/);
      const workflow = z
        .object({
          permissions: z.object({}).strict(),
          jobs: z.record(
            z.string(),
            z.looseObject({ permissions: z.record(z.string(), z.string()), 'timeout-minutes': z.number() }),
          ),
        })
        .parse(parse(text));
      for (const { permissions } of Object.values(workflow.jobs))
        expect(Object.values(permissions)).not.toContain('write-all');
      expect(text.match(/actions\/checkout@/g)?.length ?? 0).toBe(
        text.match(/persist-credentials: false/g)?.length ?? 0,
      );
      expect(text).not.toContain('pull_request_target');
    },
  );
});

describe('SECURITY.md', () => {
  const rows = read('SECURITY.md')
    .split('\n')
    .filter((line) => line.startsWith('| ') && !line.startsWith('| threat'));

  it.each(rows)('shows with tests that are there: %s', (row) => {
    const [threat = '', control = '', shown = ''] = row
      .split('|')
      .map((cell) => cell.trim())
      .slice(1);
    expect([threat, control]).not.toContain('');
    const tests = [...shown.matchAll(/`(test\/[^`]+\.test\.ts)`/g)].map(([, path]) => path ?? '');
    expect(tests.length).toBeGreaterThan(0);
    for (const path of tests) expect([path, existsSync(new URL(path, root))]).toEqual([path, true]);
  });
});

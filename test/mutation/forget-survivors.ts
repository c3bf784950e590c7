import { existsSync, readFileSync, writeFileSync } from 'node:fs';

interface Report {
  readonly files: Readonly<Record<string, { readonly mutants: readonly { readonly status: string }[] }>>;
}

/**
 * Takes out of Stryker's incremental file the mutants that nobody noticed. Stryker tries such a one again only where a test was
 * added that reaches it, and of code that runs when a module loads it knows no tests that reach it.
 *
 * @param only - files of the repository; none for all
 */
export function forgetSurvivors(incrementalFile: string, only: readonly string[]): void {
  if (!existsSync(incrementalFile)) return;
  const report: Report = JSON.parse(readFileSync(incrementalFile, 'utf8'));
  const files = Object.entries(report.files).map(([name, file]) => {
    const isTried = only.length === 0 || only.includes(name);
    return [name, isTried ? { ...file, mutants: file.mutants.filter(isNoticed) } : file];
  });
  writeFileSync(incrementalFile, JSON.stringify({ ...report, files: Object.fromEntries(files) }));
}

const isNoticed = ({ status }: { readonly status: string }): boolean => status === 'Killed' || status === 'Timeout';

import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** What a kernel wrote last, indented and ready to be put after a message; empty where it wrote nothing. */
export function lastLines(base: string): string {
  const lines = ['output.log', 'log/seekdb.log'].flatMap((name) => tail(join(base, name), 8));
  return lines.length > 0 ? ` Its last lines:\n  ${lines.join('\n  ')}` : '';
}

function tail(file: string, count: number): readonly string[] {
  try {
    const lines = readFileSync(file, 'utf8').split('\n');
    return lines
      .filter((line) => line.trim() !== '')
      .slice(-count)
      .map((line) => line.slice(0, 300));
  } catch {
    return [];
  }
}

import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { BREAKS, broken } from '../../crowd/breaks.ts';

describe('what the crowd can take back', () => {
  it.each(Object.entries(BREAKS))('%s is in the sources', (_, one) => {
    for (const file of new Set(one.edits.map(([name]) => name))) {
      const source = readFileSync(new URL(`../../../lib/${file}`, import.meta.url), 'utf8');
      expect(broken(one, file, source)).not.toBe(source);
    }
  });

  it('is no longer taken back where the sources read otherwise', () => {
    const one = { about: '', engine: 'mysql', edits: [['a.ts', 'words', '']] } as const;
    expect(() => broken(one, 'a.ts', 'others')).toThrow('a.ts does not say');
  });
});

import { expect, it } from 'vitest';
import { fingerprintOf } from '../../../../../lib/sessions/masking/mask-statement.ts';

it('statements that differ in literals, case and spaces alone have one fingerprint', () => {
  for (const text of ["SELECT a FROM t WHERE b = 'x'", ' select  A\n\tFROM T where b = 42 '])
    expect(fingerprintOf(text)).toBe('select a from t where b = ?');
  expect(fingerprintOf('SELECT b FROM t')).not.toBe(fingerprintOf('SELECT a FROM t'));
});

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { correlationComment } from '../../../../lib/database/correlation.ts';

describe('correlationComment', () => {
  it('is one comment that names us and the request', () => {
    expect(correlationComment('JKJaXmPLvHcESHA=')).toBe('/* session-warden JKJaXmPLvHcESHA= */ ');
    expect(correlationComment(null)).toBe('/* session-warden */ ');
  });

  it.each(['', 'a */ KILL 7', '*/', 'a b', "a'", 'a\n', 'ü', 'x'.repeat(129)])('refuses %j', (id) => {
    expect(() => correlationComment(id)).toThrow(expect.objectContaining({ code: 'internal' }));
  });

  it('makes one comment or none of whatever it gets', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.stringMatching(/^[\w+/=.:*! -]{0,20}$/)), (id) => {
        let comment = '';
        try {
          comment = correlationComment(id);
        } catch {
          return;
        }
        expect(comment.split('*/')).toHaveLength(2);
        expect(comment.split('/*')).toHaveLength(2);
        expect(comment.slice(2, -3)).not.toMatch(/[^\w+/=.: -]/);
      }),
    );
  });
});

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { AppError } from '../../../../lib/errors.ts';
import { failureEntry, stackFrames } from '../../../../lib/telemetry/log.ts';

describe('failureEntry', () => {
  it('of a driver error has name, code and frames, and no word of its message', () => {
    const error = Object.assign(new TypeError("near 'hunter2' at line 1"), {
      code: 'ER_PARSE_ERROR',
      errno: 1064,
      sql: 'hunter2',
    });
    const entry = failureEntry(error, 'r1');
    expect(entry).toMatchObject({
      correlationId: 'r1',
      code: 'internal',
      failure: { name: 'TypeError', code: 'ER_PARSE_ERROR', errno: 1064 },
    });
    expect(JSON.stringify(entry)).toContain('log-failure.test.ts');
    expect(JSON.stringify(entry)).not.toContain('hunter2');
  });

  it('holds nothing of a message, whatever it is', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.string({ unit: 'binary' }), (a, b) => {
        const error = Object.assign(new Error(`${a}\n    at hunter2 (/x.js:1:1)\n${b}hunter2`), { code: 'hun ter2' });
        const text = JSON.stringify(failureEntry(error, 'r1'));
        expect(text).not.toMatch(/hunter2|hun ter2/);
      }),
    );
  });

  it('tells of our own 5xx what was behind it, and of a 4xx only the code', () => {
    const cause = Object.assign(new Error('hunter2'), { code: 'ECONNREFUSED' });
    expect(failureEntry(new AppError('target-unreachable', { cause }), 'r1')).toMatchObject({
      code: 'target-unreachable',
      cause: { name: 'Error', code: 'ECONNREFUSED' },
    });
    expect(failureEntry(new AppError('tag-invalid', { cause }), 'r1')).not.toHaveProperty('cause');
  });

  it.each([[undefined], [null], ['hunter2'], [42], [{ message: 'hunter2' }]])('takes %j thrown', (thrown) => {
    expect(JSON.stringify(failureEntry(thrown, 'r1'))).not.toContain('hunter2');
  });
});

describe('stackFrames', () => {
  it('drops lines that are no frames, also when the message was changed later', () => {
    const error = new Error('first\nhunter2');
    error.message = 'second';
    expect(stackFrames(error).join()).not.toContain('hunter2');
    expect(stackFrames(error)[0]).toMatch(/^at .*log-failure\.test\.ts/);
  });
});

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { AppError, ERRORS, type ErrorCode } from '../../../../lib/errors.ts';
import { problemAnswer } from '../../../../lib/http/answer.ts';
import { bodyOf } from '../../../support/http-event.ts';

const where = { requestId: 'r1', path: '/targets/local' };
const codes = Object.keys(ERRORS) as ErrorCode[];

describe('problemAnswer', () => {
  it('is RFC 9457 with code, hint and request ID', () => {
    const answer = problemAnswer(new AppError('tag-mismatch', { detail: 'Since then.', auditId: 'A1' }), where);
    expect(answer.statusCode).toBe(412);
    expect(answer.headers).toEqual({
      'content-type': 'application/problem+json',
      'cache-control': 'no-store',
      'x-request-id': 'r1',
    });
    expect(bodyOf(answer)).toEqual({
      type: expect.stringMatching(/\/docs\/errors\.md#tag-mismatch$/),
      title: ERRORS['tag-mismatch'].title,
      status: 412,
      detail: 'Since then.',
      instance: '/targets/local',
      code: 'tag-mismatch',
      hint: ERRORS['tag-mismatch'].hint,
      requestId: 'r1',
      auditId: 'A1',
    });
  });

  it.each(codes)('gives %s its status, and Retry-After exactly where waiting helps', (code) => {
    const { statusCode, headers } = problemAnswer(new AppError(code), where);
    expect(statusCode).toBe(ERRORS[code].status);
    expect(headers['retry-after']).toBe([429, 503].includes(statusCode) ? '5' : undefined);
  });

  it.each([
    [0, '1'],
    [0.2, '1'],
    [7.1, '8'],
  ])('rounds a wait of %d s up', (retryAfter, header) => {
    expect(problemAnswer(new AppError('target-timeout', { retryAfter }), where).headers['retry-after']).toBe(header);
  });

  it('says nothing of a failure that is not ours', () => {
    const error = Object.assign(new Error("Access denied, password 'hunter2'"), { code: 'ER', status: 418, hint: 'x' });
    const answer = problemAnswer(error, where);
    expect(answer.statusCode).toBe(500);
    expect(bodyOf(answer)).toEqual(bodyOf(problemAnswer(new AppError('internal'), where)));
    expect(answer.body).not.toMatch(/hunter2|418|ER"/);
  });

  it('keeps the cause of one that is ours to itself', () => {
    const cause = new Error('hunter2');
    expect(problemAnswer(new AppError('target-denied', { cause }), where).body).not.toContain('hunter2');
  });

  it('makes a URI reference of any path', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 2000 }), (path) => {
        const { instance } = bodyOf(problemAnswer(new AppError('internal'), { requestId: 'r1', path }));
        expect(instance).toMatch(/^[!-~]*$/);
      }),
    );
    const { instance } = bodyOf(problemAnswer(null, { requestId: 'r1', path: '/a%20b/ä "<' }));
    expect(instance).toBe('/a%20b/%C3%A4%20%22%3C');
  });
});

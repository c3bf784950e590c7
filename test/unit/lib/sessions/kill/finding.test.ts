import { describe, expect, it } from 'vitest';
import { AppError, type ErrorCode } from '../../../../../lib/errors.ts';
import { type Finding, NotSent, toAnswer, toAuditOutcome } from '../../../../../lib/sessions/kill/finding.ts';
import { OUTCOMES } from '../../../../../lib/sessions/kill/outcome.ts';
import { anOrder } from '../an-order.ts';

const answer = (finding: Finding | undefined, { open = false, tag = null as string | null } = {}) =>
  toAnswer(anOrder(0, 'query', tag), finding, 'a1', open, 'local');
const CERTAIN: readonly ErrorCode[] = ['target-privilege-missing', 'target-elsewhere'];
const UNSURE: readonly ErrorCode[] = ['target-timeout', 'target-unreachable', 'target-failed', 'internal'];

describe('on record', () => {
  it('is what became of it', () => {
    expect(toAuditOutcome({ outcome: 'cut-another', proven: true })).toEqual({
      outcome: 'cut-another',
      proven: true,
      detail: null,
    });
  });

  it.each(CERTAIN)('is a failure where it is certain that nothing was ended: %s', (code) => {
    expect(toAuditOutcome(new AppError(code))).toEqual({ outcome: 'failed', proven: false, detail: code });
  });

  it.each(UNSURE)('is nothing while it is not known: %s', (code) => {
    expect(toAuditOutcome(new AppError(code))).toBeUndefined();
    expect(toAuditOutcome(new NotSent(new AppError(code)))).toEqual({ outcome: 'failed', proven: false, detail: code });
  });

  it('is nothing of what no one looked at', () => {
    expect(toAuditOutcome(undefined)).toBeUndefined();
  });
});

describe('the answer', () => {
  it('is what became of it, and its record', () => {
    expect(answer({ outcome: 'query-cancelled', proven: true })).toEqual({
      target: 'local',
      id: '40',
      kind: 'query',
      outcome: 'query-cancelled',
      identity: 'exact',
      proven: true,
      auditId: 'a1',
      hint: null,
    });
  });

  it('says that the record stays open where its outcome could not be written', () => {
    expect(answer({ outcome: 'terminated', proven: true }, { open: true })).toMatchObject({
      outcome: 'terminated',
      hint: 'The outcome could not be recorded; the intent a1 stays open.',
    });
  });

  it('has a hint wherever the outcome does not say it all', () => {
    const hints = OUTCOMES.map((outcome) => {
      const told = answer({ outcome, proven: false });
      return [outcome, told instanceof AppError ? 'an error' : told.hint];
    });
    expect(Object.fromEntries(hints)).toEqual({
      terminated: null,
      'query-cancelled': null,
      refused: null,
      'nothing-running': null,
      'already-gone': expect.stringContaining('nothing was ended'),
      changed: expect.stringContaining('List the sessions again'),
      pending: expect.stringContaining('Get the session again'),
      'cut-another': expect.stringContaining('Tell its owner'),
    });
  });

  it('to a tag that belongs to something else now is the mismatch that the caller asked to be told', () => {
    const changed = { outcome: 'changed', proven: false } as const;
    expect(answer(changed, { tag: 't' })).toMatchObject({ code: 'tag-mismatch', auditId: 'a1' });
    expect(answer(changed)).toMatchObject({ outcome: 'changed' });
    expect(answer({ outcome: 'pending', proven: false }, { tag: 't' })).toMatchObject({ outcome: 'pending' });
  });

  it.each(UNSURE)('of a failure that leaves it open says so: %s', (code) => {
    const cause = new Error('x');
    const told = answer(new AppError(code, { cause }));
    expect(told).toMatchObject({
      code,
      auditId: 'a1',
      cause,
      detail: expect.stringContaining('may have been carried out'),
    });
  });

  it.each(CERTAIN)('of a failure that is certain says nothing of the kind: %s', (code) => {
    expect(answer(new AppError(code))).toMatchObject({ code, auditId: 'a1', detail: undefined });
  });

  it('of one that was not sent says that, and one’s own detail stays', () => {
    const lost = new AppError('target-timeout', { cause: new Error('x') });
    expect(answer(new NotSent(lost))).toMatchObject({
      code: 'target-timeout',
      cause: lost.cause,
      detail: expect.stringContaining('Nothing was sent'),
    });
    expect(answer(new AppError('target-timeout', { detail: 'own' }))).toMatchObject({ detail: 'own' });
  });

  it('of what no one looked at is an error of ours', () => {
    expect(answer(undefined)).toMatchObject({ code: 'internal', auditId: 'a1' });
  });
});

import { expect, it } from 'vitest';
import { killAnswer } from '../../../../lib/http/answer.ts';
import { type KillResult, OUTCOMES } from '../../../../lib/sessions/kill/outcome.ts';
import { sessionId } from '../../../../lib/sessions/session.ts';
import { bodyOf } from '../../../support/http-event.ts';

const result = (outcome: KillResult['outcome']): KillResult => ({
  target: 'a b',
  id: sessionId('9007199254740993'),
  kind: 'connection',
  outcome,
  identity: 'exact',
  proven: true,
  auditId: 'A1',
  hint: null,
});

it.each(OUTCOMES)('says %s in the body', (outcome) => {
  const answer = killAnswer(result(outcome));
  expect(bodyOf(answer)).toEqual(result(outcome));
  expect(answer.statusCode).toBe(outcome === 'pending' ? 202 : outcome === 'refused' ? 403 : 200);
});

it('says of a pending kill where and when to look again', () => {
  expect(killAnswer(result('pending')).headers).toMatchObject({
    location: '/targets/a%20b/sessions/9007199254740993',
    'retry-after': '2',
  });
});

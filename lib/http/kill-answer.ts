import type { KillResult, Outcome } from '../sessions/outcome.ts';
import { type HttpAnswer, json } from './answer.ts';

const STATUS: Record<Outcome, number> = {
  terminated: 200,
  'query-cancelled': 200,
  'already-gone': 200,
  changed: 200,
  pending: 202,
  refused: 403,
  'nothing-running': 200,
  'cut-another': 200,
};

const POLL_SECONDS = 2;

/** The answer to one kill; of a pending one it says where and when to look again. */
export function killAnswer(result: KillResult): HttpAnswer {
  const status = STATUS[result.outcome];
  if (status !== 202) return json(status, result);
  const location = `/targets/${encodeURIComponent(result.target)}/sessions/${result.id}`;
  return json(status, result, { location, 'retry-after': String(POLL_SECONDS) });
}

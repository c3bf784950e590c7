import type { AuditRecord } from '../../lib/audit/audit.ts';
import type { Said, Tagged } from './calls.ts';
import type { Prey } from './ground.ts';
import type { UseCase } from './places.ts';

/** What was said and recorded in a cell, and what the victims saw. */
export interface Seen {
  readonly said: readonly Said[];
  /** Of each victim: it was ended. */
  readonly truth: readonly boolean[];
  readonly records: readonly AuditRecord[];
  readonly sessions: readonly Tagged[];
  /** The server got a KILL. */
  readonly killPassed: boolean;
  /** The link was slow only: then everything must have worked. */
  readonly isSlow: boolean;
}

const ENDED = { true: 'query-cancelled', false: 'terminated' } as const;
/** Failures after which nobody can know, and those that say that nothing was done. */
const UNSURE = /^target-(timeout|unreachable|tls-failed)$/;
const FORMLESS = /^(untyped|no answer)/;
const NOTHING: Said = { outcome: null, code: 'nothing was said' };
/** Formless answers are wrong already. */
const isUnsure = (code: string | null): boolean => code !== null && (UNSURE.test(code) || FORMLESS.test(code));

/** Sentences: answers that are wrong, and kills that no record tells of truly. */
export interface Complaints {
  readonly wrong: string[];
  readonly lost: string[];
}

/** What is wrong whatever has become of the server meanwhile: an answer without a type, none at all, a record that says otherwise. */
export function judgeAlone({ said, records, sessions }: Pick<Seen, 'said' | 'records' | 'sessions'>): Complaints {
  const wrong = said.flatMap(({ code }) => (code !== null && FORMLESS.test(code) ? [`said ${code}`] : []));
  const lost = sessions.flatMap(({ id }, index) => {
    const mine = records.filter(({ sessionId }) => sessionId === id);
    const outcome = said[index]?.outcome ?? null;
    const isTold = outcome === null || mine[0]?.outcome === outcome;
    return [
      ...(mine.length > 1 ? [`${id} has ${mine.length} records`] : []),
      ...(isTold ? [] : [`said ${outcome}, recorded ${mine[0]?.outcome}`]),
    ];
  });
  return { wrong, lost };
}

/** Compares answers and records with the truth. */
export function judge(useCase: UseCase, seen: Seen): Complaints {
  const { wrong, lost } = judgeAlone(seen);
  for (const [index, { id, isBusy }] of seen.sessions.entries()) {
    const isEnded = seen.truth[index] ?? false;
    const { outcome, code } = seen.said[index] ?? NOTHING;
    const good = ENDED[`${isBusy}`];
    if (isEnded && !seen.killPassed) wrong.push(`${id} was ended by somebody else`);
    if (outcome === null ? !isUnsure(code) : outcome !== 'pending' && outcome !== good)
      wrong.push(`said ${outcome ?? code}; ended: ${isEnded}`);
    if (outcome === good && !isEnded) wrong.push(`said ${outcome}, and it lives`);
    if (seen.isSlow && outcome !== good) wrong.push(`a slow link made ${outcome ?? code} of it`);
    const record = seen.records.find(({ sessionId }) => sessionId === id);
    if (isEnded && record === undefined) lost.push(`${id} was ended without a record`);
    if (isEnded && record?.outcome && ![good, 'pending'].includes(record.outcome))
      lost.push(`the record says ${record.outcome}, and it was ended`);
    if (!isEnded && record?.outcome === good) lost.push(`the record says ${good}, and it lives`);
  }
  const code = useCase === 'list' ? (seen.said[0]?.code ?? null) : null;
  if (code !== null && (seen.isSlow || !isUnsure(code))) wrong.push(`said ${code}`);
  return { wrong, lost };
}

/** What a sweep made of the records must be no more than the truth, and leave none open. */
export function judgeSweep(
  records: readonly AuditRecord[],
  sessions: readonly Tagged[],
  truth: readonly boolean[],
): string[] {
  return records.flatMap(({ sessionId, outcome }) => {
    const index = sessions.findIndex(({ id }) => id === sessionId);
    const session = sessions[index];
    if (session === undefined) return [`a record of ${sessionId}, whom nobody wanted ended`];
    if (outcome === null) return [`the sweep left the record of ${sessionId} open`];
    const isEnded = truth[index] ?? false;
    const claims = outcome === ENDED[`${session.isBusy}`];
    return claims && !isEnded ? [`the sweep says ${outcome}, and it lives`] : [];
  });
}

const NOTHING_LEFT = /^(session-not-found|tag-mismatch|changed|nothing-running|not a victim|already-gone)$/;

/** The same call again, over a sound link: it ends what is left, and nothing else. */
export function judgeRetry(
  useCase: UseCase,
  said: readonly Said[],
  truth: readonly boolean[],
  prey: readonly Prey[],
): string[] {
  return prey.flatMap((one, index) => {
    const { outcome, code } = said[index] ?? NOTHING;
    const word = outcome ?? code ?? '';
    if (truth[index]) {
      if (one.isBusy && !one.isConnected()) return [`the retry of ${useCase} ended the session, not the statement`];
      return NOTHING_LEFT.test(word) ? [] : [`the retry of what was ended said ${word}`];
    }
    if (word !== ENDED[`${one.isBusy}`]) return [`the retry said ${word}`];
    return one.isEnded() ? [] : [`the retry said ${word}, and it lives`];
  });
}

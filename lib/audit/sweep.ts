import { AppError } from '../errors.ts';
import type { Services } from '../services.ts';
import { asItWas } from '../sessions/masking/visible.ts';
import { isBeingKilled, type Session } from '../sessions/session.ts';
import { matchTag, sessionTag } from '../sessions/tags.ts';
import { measure } from '../telemetry/samples.ts';
import { type AuditOutcome, type AuditRecord, isUndecided } from './audit.ts';

/** Which intents to sweep. Seconds. */
export interface SweepOptions {
  /** Longer than any function runs, so that no kill is swept while it is carried out; no call works on a pending one. 1,200 if not given. */
  readonly olderThan?: number;
  /** After this a record whose target still cannot be asked, or whose kill still is pending, becomes `unknown`. 86,400 if not given. */
  readonly giveUpAfter?: number;
  /** Asked before each target; true ends the sweep, the rest is for the next one. */
  readonly isOver?: () => boolean;
}

/** What a sweep did. */
export interface SweepResult {
  /** Records that have their outcome now, by outcome; `pending` ones are open for the next sweep. */
  readonly closed: Readonly<Record<string, number>>;
  /** Records read that stay open: their target could not be asked, the store did not take the outcome, or the time was over. Pending ones do not count. */
  readonly open: number;
}

const PAGE = 200;
const LASTING: AuditOutcome = { outcome: 'unknown', proven: false, detail: 'sweep: still there' };

type Outcomes = ReadonlyMap<string, AuditOutcome>;

/**
 * Gives open records their outcome: kills whose function died, whose fate was unknown then, or that the server was
 * still working on. Each target is asked
 * over one connection; see {@link judgeSwept} for what is made of what it shows. An intent stays open while its target
 * cannot be asked, and becomes `unknown` where there is no such target any more, or after `giveUpAfter`. Two sweeps at
 * once do no harm, since a record takes one final outcome.
 *
 * @throws AppError `audit-unavailable` if the store cannot be read
 */
export async function sweepAudit(
  services: Services,
  { olderThan = 1_200, giveUpAfter = 86_400, isOver = () => false }: SweepOptions = {},
): Promise<SweepResult> {
  const before = new Date(Date.now() - olderThan * 1000).toISOString();
  const latest = new Date(Math.max(Date.now(), Date.parse(before))).toISOString();
  const hopeless = new Date(Date.now() - giveUpAfter * 1000).toISOString();
  const closed: Record<string, number> = {};
  let open = 0;
  let oldest = Date.now();
  let isEnding = false;
  for (let after: string | undefined; !isEnding; ) {
    const page = await services.audit.open({ before: latest, limit: PAGE, ...(after !== undefined && { after }) });
    const due = page.filter(({ at, outcome }) => at < before || outcome === 'pending');
    for (const [target, records] of Map.groupBy(due, (record) => record.target)) {
      isEnding ||= isOver();
      const outcomes: Outcomes = isEnding ? new Map() : await judgeTarget(services, target, records, hopeless);
      const left = new Set(outcomes.size === 0 ? [] : await services.audit.finishAll(outcomes));
      for (const [id, { outcome }] of outcomes) if (!left.has(id)) closed[outcome] = (closed[outcome] ?? 0) + 1;
      for (const { id, at, outcome } of records) {
        if (outcome === 'pending' || (outcomes.has(id) && !left.has(id))) continue;
        open++;
        oldest = Math.min(oldest, Date.parse(at));
      }
    }
    after = page.at(-1)?.id;
    isEnding ||= page.length < PAGE;
  }
  measure('OpenIntents', open);
  measure('OldestOpenIntent', open === 0 ? 0 : (Date.now() - oldest) / 1000);
  return { closed, open };
}

/** Outcomes for those records of one target that can have one now. */
async function judgeTarget(
  services: Services,
  target: string,
  records: readonly AuditRecord[],
  hopeless: string,
): Promise<Outcomes> {
  const unsent = new Map(
    records.flatMap((record) => {
      const outcome = judgeUnsent(record);
      return outcome === undefined ? [] : [[record.id, outcome] as const];
    }),
  );
  const sent = records.filter(({ id }) => !unsent.has(id));
  try {
    const sessions = sent.length === 0 ? [] : await look(services, target, sent);
    return new Map([
      ...unsent,
      ...sent.flatMap((record) => {
        const outcome = judgeSwept(record, { sessions }) ?? (record.at < hopeless ? LASTING : undefined);
        return outcome === undefined ? [] : [[record.id, outcome] as const];
      }),
    ]);
  } catch (error) {
    const code = error instanceof AppError ? error.code : 'internal';
    const unknown: AuditOutcome = { outcome: 'unknown', proven: false, detail: `sweep: ${code}` };
    const lost = code === 'target-not-found' ? sent : sent.filter(({ at }) => at < hopeless);
    return new Map([...unsent, ...lost.map(({ id }) => [id, unknown] as const)]);
  }
}

async function look({ targets, open }: Services, name: string, records: readonly AuditRecord[]) {
  const target = await targets.find(name);
  if (target === undefined) throw new AppError('target-not-found');
  const database = await open(target);
  try {
    const ids = records.flatMap(({ sessionId }) => sessionId ?? []);
    return await database.find([...new Set([...ids, database.server.ownId])]);
  } finally {
    await database.close();
  }
}

/** The outcome of a record for which nothing can have been sent, so that no server need be asked; `undefined` for any other. */
export function judgeUnsent(record: AuditRecord): AuditOutcome | undefined {
  if (isUndecided(record)) return closed('refused', 'expired');
  if (record.kind === 'stop' || record.kind === 'resume') return closed('unknown', 'sweep: see GET /stop');
  return record.sessionTag === null ? closed('refused', 'sweep: nothing was sent') : undefined;
}

/** What a look at a target showed. */
export interface Look {
  /** The rows of the sessions asked for, and our own. */
  readonly sessions: readonly Session[];
}

const closed = (outcome: AuditOutcome['outcome'], detail: string): AuditOutcome => ({ outcome, proven: false, detail });

/**
 * The outcome of a record that was not closed, or that is pending, by what is on the server now. It is never `proven`: what is gone may
 * have gone by itself, or was never sent a KILL.
 *
 * - session gone: `terminated`; for a query `unknown`, since its statement may have ended first
 * - statement gone, session there: `query-cancelled`
 * - there, and the server says that it is being killed: `pending`
 * - there, and the record says that the server took the KILL: none, it stays `pending`
 * - there and not killed: `unknown`; so is a statement that may be the same one
 * - the server does not show it in full: none, it stays open
 * - another server answers than the one that held the session: `unknown`
 */
export function judgeSwept(record: AuditRecord, { sessions }: Look): AuditOutcome | undefined {
  const { kind, statementTag } = record;
  const now = sessions.find((session) => session.id === record.sessionId && sessionTag(session) === record.sessionTag);
  if (now === undefined) {
    const isLingering = kind === 'connection' && lingers(record, sessions);
    // Whichever server answers, what is pending may be what lingers here.
    if (isLingering && record.outcome === 'pending') return undefined;
    if (!isSameServer(record, sessions)) return closed('unknown', 'sweep: another server');
    if (isLingering) return closed('pending', 'sweep: being killed');
    return kind === 'connection'
      ? closed('terminated', 'sweep: session gone')
      : closed('unknown', 'sweep: session gone');
  }
  if (now.readInPart) return undefined;
  // Which it is may not be known either: then it may run.
  const runs = now.statement !== null && statementTag !== null && matchTag(now, 'query', statementTag) !== 'mismatch';
  if (kind === 'query' && !runs) return closed('query-cancelled', 'sweep: statement gone');
  // It was seen to take the KILL, and servers do not always show that they roll back.
  if (record.outcome === 'pending') return undefined;
  return isBeingKilled(now) ? closed('pending', 'sweep: being killed') : closed('unknown', 'sweep: still there');
}

/** Some servers show of a session whose work they undo its ID alone, so that its tag is another one. */
const lingers = ({ sessionId }: AuditRecord, sessions: readonly Session[]): boolean =>
  sessions.some(({ id, lingering, user }) => lingering === true && id === sessionId && user === null);

const orNull = (shown: string | null): string | null => (shown === null ? null : asItWas(shown));

/** A tag holds the server that listed the session: if one that answers now gives the same tag, it is that server. */
const isSameServer = ({ sessionId: id, user, host, sessionTag: tag }: AuditRecord, sessions: readonly Session[]) =>
  id !== null &&
  sessions.some((session) => sessionTag({ ...session, id, user: orNull(user), host: orNull(host) }) === tag);

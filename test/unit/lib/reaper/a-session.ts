import type { Facts, Snapshot } from '../../../../lib/reaper/facts.ts';
import { type Reaper, reaperSchema } from '../../../../lib/reaper/policy-schema.ts';
import type { LockWait } from '../../../../lib/sessions/lock-wait.ts';
import { perEngineColumn, type Session, sessionId } from '../../../../lib/sessions/session.ts';

/** A sleeping session; state only what the test is about. */
export const aSession = ({ id = '42', ...over }: Partial<Omit<Session, 'id'>> & { id?: string } = {}): Session => ({
  id: sessionId(id),
  server: 's1',
  user: 'app',
  host: '10.0.0.7:53211',
  db: 'shop',
  command: 'Sleep',
  time: 700,
  state: null,
  statement: null,
  transaction: null,
  ...perEngineColumn(() => null),
  unknown: [],
  ...over,
});

export const running = (text: string): Session['statement'] => ({ text, digest: 'd', id: '1', startedAt: 1 });

/** A look at a server with these sessions; locks and limits are unknown unless told. */
export const aSnapshot = (sessions: readonly Session[], over: Partial<Snapshot> = {}): Snapshot => ({
  sessions,
  waits: null,
  maxConnections: null,
  ownId: null,
  ...over,
});

/** A reaper as warden.yaml would say it; state only what the test is about. */
export const aReaper = (over: Record<string, unknown>): Reaper =>
  reaperSchema.parse({ name: 'r', targets: ['*'], kill: 'connection', match: { user: '*' }, victims: 'all', ...over });

/** A session with what is known of it from beyond its row: nothing, unless told. */
export const factsOn = (over: Parameters<typeof aSession>[0] = {}, more: Partial<Facts> = {}): Facts => ({
  session: aSession(over),
  blocking: undefined,
  blockedFor: undefined,
  ...more,
});

/** A wait for a lock of a table's definition, whose holder is known unless told otherwise. */
export const aWait = (
  waiter: string,
  blocker: string | null,
  seconds: number | null,
  over: Partial<LockWait> = {},
): LockWait => ({
  waiter: sessionId(waiter),
  blocker: blocker === null ? null : sessionId(blocker),
  seconds,
  lock: 'table metadata lock',
  ...over,
});

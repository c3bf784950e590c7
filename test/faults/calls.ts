import { parseConfig, type WardenConfig } from '../../lib/config/config.ts';
import { AppError } from '../../lib/errors.ts';
import { reap, reaperPrincipal } from '../../lib/reaper/reap.ts';
import type { Services } from '../../lib/services.ts';
import { killSessions } from '../../lib/sessions/kill/kill.ts';
import { sessionId } from '../../lib/sessions/session.ts';
import { kill, list, OPERATOR } from '../engines/a-server.ts';
import { theirs } from './ground.ts';
import type { UseCase } from './places.ts';

/** What a call said of one session. `code`: why nothing could be said. */
export interface Said {
  readonly outcome: string | null;
  readonly code: string | null;
}

/** A session with the tags that a list gave it. */
export interface Tagged {
  readonly id: string;
  readonly isBusy: boolean;
  readonly tag: string;
}

/** Limits in seconds: connect, statement, overall. */
const USUAL = [5, 10, 20] as const;
const QUICK = [0.7, 0.7, 1.6] as const;

/**
 * The configuration of a place: its rule ends the idle victims of the place, and nobody else.
 *
 * @param patience - how many times as long as is quick the limits are; as usual if not given
 */
export function configOf(place: number, ca: string, patience?: number): WardenConfig {
  const limits = patience === undefined ? USUAL : QUICK.map((seconds) => seconds * patience);
  const [connect, statement, overall] = limits;
  return parseConfig(
    `access: [{ who: { group: operator }, targets: ['*'], privileges: [PROCESS, SUPER] }]
tls: { ca: "${ca.replaceAll('\n', '\\n')}" }
reapers:
  - { name: faults, targets: ['*'], kill: connection, match: { user: ${theirs(place)}, command: Sleep }, ignore: [{ db: information_schema }], victims: all, mode: enforce }
timeouts: { connect: ${connect}, statement: ${statement}, overall: ${overall} }
`,
    'test',
  );
}

const wrong = (error: unknown): Said => ({
  outcome: null,
  code: error instanceof AppError ? error.code : `untyped: ${String(error)}`,
});

/** Makes a call of ours, and gives what it said of each session, in their order; an error is said of all. */
export async function call(
  useCase: UseCase,
  services: Services,
  place: number,
  sessions: readonly Tagged[],
): Promise<readonly Said[]> {
  const [first] = sessions;
  const shared = { target: 'local', correlationId: 'faults', reason: null };
  try {
    if (useCase === 'list' || first === undefined) {
      await list(services, { user: theirs(place) });
      return [{ outcome: 'listed', code: null }];
    }
    if (useCase === 'kill connection' || useCase === 'kill query') {
      const kind = useCase === 'kill query' ? 'query' : 'connection';
      const { outcome } = await kill(services, first.id, kind, { tag: first.tag });
      return [{ outcome, code: null }];
    }
    if (useCase === 'bulk kill') {
      const kills = sessions.map(({ id, isBusy, tag }) => ({
        id: sessionId(id),
        kind: isBusy ? ('query' as const) : ('connection' as const),
        tag,
      }));
      return (await killSessions(services, { ...shared, principal: OPERATOR, kills })).results;
    }
    const { victims } = await reap(services, {
      ...shared,
      principal: reaperPrincipal('faults'),
      reaper: 'faults',
      dryRun: false,
    });
    return sessions.map(
      ({ id }) => victims.find((victim) => victim.id === id) ?? { outcome: 'not a victim', code: null },
    );
  } catch (error) {
    return (first === undefined ? [null] : sessions).map(() => wrong(error));
  }
}

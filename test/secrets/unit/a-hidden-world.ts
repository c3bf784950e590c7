import type { AuditStore } from '../../../lib/audit/audit.ts';
import { useCasePorts } from '../../../lib/chatops/commands/ports.ts';
import { type RunEvent, runCommand } from '../../../lib/chatops/commands/run-command.ts';
import type { ChatAnswer, Click } from '../../../lib/chatops/messages/answer.ts';
import type { KillingDatabase } from '../../../lib/database/database.ts';
import type { HttpAnswer } from '../../../lib/http/answer.ts';
import type { Services } from '../../../lib/services.ts';
import { toIntent } from '../../../lib/sessions/kill/intent.ts';
import type { Session } from '../../../lib/sessions/session.ts';
import { sessionTag, statementTag } from '../../../lib/sessions/tags.ts';
import { memoryRequestStore } from '../../../lib/state/request-store.ts';
import { loadRoutes } from '../../../local/gateway/load-routes.ts';
import { anEvent } from '../../support/http-event.ts';
import { memoryAuditStore } from '../../support/memory-audit-store.ts';
import { scriptedDatabase } from '../../support/scripted-database.ts';
import { scriptedServices } from '../../support/scripted-services.ts';
import { aSession, aWait } from '../../unit/lib/reaper/a-session.ts';

/** What a world is made of; everything of a session that is not Ann's is a canary. */
export interface Seed {
  /** Ann's rule besides her own user. */
  readonly gives: 'nothing' | 'super' | 'from-database' | 'approval';
  readonly full: boolean;
  readonly requireTags: boolean;
  readonly stop: boolean;
  readonly sessions: readonly {
    readonly whose: 'ann' | 'other' | 'kept' | 'system' | 'nobody';
    readonly busy: boolean;
    readonly port: boolean;
  }[];
  /** Pairs of sessions: who waits for whom, or for nobody known. */
  readonly waits: readonly (readonly [number, number | null, boolean])[];
}

const RULES: Readonly<Record<Seed['gives'], string>> = {
  nothing: '',
  super: ', privileges: [SUPER]',
  'from-database': ', privileges: from-database',
  approval: ', privileges: [SUPER], approval: { by: { sub: boss } }',
};

const bases = new Map<string, Services>();
function baseOf({ gives, full, requireTags, stop }: Seed): Services {
  const yaml = `requireTags: ${requireTags}
stop: ${stop}
protected: { users: [kept*] }
access:
  - { who: { sub: ann }, targets: [shared], users: [ann], statements: ${full ? 'full' : 'masked'}${RULES[gives]} }
reapers:
  - { name: idle-app, targets: [shared], kill: connection, match: { idle: 1s }, victims: all }
`;
  const base = bases.get(yaml) ?? scriptedServices(yaml, {}, ['shared']).services;
  bases.set(yaml, base);
  return base;
}

const USERS = { ann: 'ann', kept: 'kept', system: 'event_scheduler', nobody: null } as const;

function sessionOf({ whose, busy, port }: Seed['sessions'][number], at: number): Session {
  const own = whose === 'ann';
  const name = (what: string): string => `${what}${own ? 'own' : 'canary'}${at}`;
  return aSession({
    id: String(70_001 + at * 13),
    user: whose === 'other' ? name('user') : whose === 'kept' ? name('kept') : USERS[whose],
    host: `${name('host')}${port ? ':41237' : ''}`,
    db: name('db'),
    command: busy ? name('command') : 'Sleep',
    state: name('state'),
    transaction: { id: name('trx'), state: name('trxstate'), time: 5 },
    tenant: name('tenant'),
    statement: busy
      ? {
          text: `SELECT ${name('column')} FROM ${name('t')} WHERE a = '${name('literal')}'`,
          digest: 'd',
          id: name('stmt'),
          startedAt: 1,
        }
      : null,
  });
}

/** An ID that no session has. */
export const ABSENT = '69999';
const ANN = { source: 'jwt', subject: 'ann', groups: [], claims: { sub: 'ann' } } as const;

let current: Services | undefined;
const routes = loadRoutes(async () => {
  if (current === undefined) throw new Error('no world');
  return current;
});

/** A server, its record, and Ann, who asks by HTTP and in a chat. */
export async function aWorld(seed: Seed) {
  const sessions = new Map(seed.sessions.map((one, at) => sessionOf(one, at)).map((one) => [String(one.id), one]));
  const hidden = [...sessions.values()].filter(({ user }) => user !== 'ann');
  const all = [...sessions.values()];
  const waits = seed.waits.flatMap(([waiter, blocker, likely]) => {
    const [a, b] = [all[waiter % all.length], blocker === null ? undefined : all[blocker % all.length]];
    if (a === undefined || a === b) return [];
    const more = {
      ...(likely && { likely: true as const }),
      ...((likely || b === undefined) && { reason: 'Nobody knows.' }),
    };
    return [aWait(a.id, b?.id ?? null, 3, more)];
  });
  const trace: string[] = [];
  const traced = <Result>(call: string, result: Result): Result => {
    trace.push(call);
    return result;
  };
  const { database: scripted } = scriptedDatabase({});
  const look = (ids?: readonly string[]) => [...sessions.values()].filter(({ id }) => ids?.includes(id) ?? true);
  const database: KillingDatabase = Object.assign(scripted, {
    list: async (ids?: readonly string[]) => traced('list', look(ids)),
    find: async (ids: readonly string[]) => traced('find', look(ids)),
    lockWaits: async () => waits,
    privilegesOf: async () => ({ process: false, super: true }),
    compareAndKill: async (victims, kind) =>
      victims.map(({ session }) => {
        if (kind === 'connection') sessions.delete(session.id);
        else sessions.set(session.id, { ...session, command: 'Sleep', statement: null });
        return 'sent' as const;
      }),
  } satisfies Partial<KillingDatabase>);
  const store = memoryAuditStore();
  const audit: AuditStore = {
    ...store,
    beginAll: (intents) => traced(`beginAll ${intents.length}`, store.beginAll(intents)),
    finishAll: (outcomes) => traced(`finishAll ${outcomes.size}`, store.finishAll(outcomes)),
  };
  // What earlier versions wrote: a refusal with all that the row said.
  const context = { principal: ANN, target: 'shared', reason: 'before', correlationId: 'old', escalateAfter: null };
  const old = hidden.map((session) => toIntent(session, 'connection', context));
  for (const intent of old)
    await store.note(intent, { outcome: 'refused', proven: false, detail: 'It is our own connection.' });
  const services: Services = { ...baseOf(seed), audit, open: async () => database };
  const inChat = { ...services, ...useCasePorts(services), requests: memoryRequestStore(), now: Date.now };

  const http = async (name: string, { id = '1', tag, body, query = {} }: Ask): Promise<HttpAnswer> => {
    current = services;
    const handler = (await routes).find((one) => one.name === name)?.handler;
    const answer = await handler?.(
      anEvent({
        rawPath: '/asked',
        rawQueryString: new URLSearchParams(query).toString(),
        pathParameters: { target: 'shared', id },
        headers: { 'content-type': 'application/json', ...(tag !== undefined && { 'if-match': `"${tag}"` }) },
        requestContext: { requestId: 'r1', authorizer: { jwt: { claims: { sub: 'ann' } } } },
        ...(body !== undefined && { body: JSON.stringify(body) }),
      }),
      {} as never,
    );
    if (answer === undefined) throw new Error(`no answer of ${name}`);
    return answer;
  };
  const chat = (what: RunEvent['what'], subject = 'ann'): Promise<ChatAnswer> => {
    const principal = {
      source: 'slack',
      subject,
      groups: [],
      claims: {},
      chat: { identities: [`T1/${subject}`], isMapped: true },
    };
    return runCommand(inChat, { principal, requestId: 'c1', channel: 'slack', what } as RunEvent);
  };
  return {
    http,
    chat,
    press: (click: Click, request: string, subject?: string) => chat({ do: 'click', click, request }, subject),
    trace,
    /** What was written since. */
    records: () => store.records.slice(old.length),
    ids: all.map(({ id }) => String(id)),
    tagOf: (id: string, kind: 'connection' | 'query'): string | undefined => {
      const session = all.find((one) => one.id === id);
      if (session === undefined) return undefined;
      if (kind === 'connection') return sessionTag(session);
      return session.statement === null ? undefined : statementTag(session, session.statement);
    },
    hiddenIds: hidden.map(({ id }) => String(id)),
    /** All that nobody but those who may view them may read. */
    facts: hidden.flatMap((session) => [
      sessionTag(session),
      ...(session.statement === null ? [] : [statementTag(session, session.statement)]),
    ]),
  };
}

/** One request of Ann's. */
export interface Ask {
  readonly id?: string;
  readonly tag?: string | undefined;
  readonly body?: unknown;
  readonly query?: Readonly<Record<string, string>>;
}

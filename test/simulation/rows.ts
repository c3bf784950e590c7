import { perEngineColumn, type Session, sessionId, type UnknownField } from '../../lib/sessions/session.ts';
import type { Boot, Client, Execution, World } from './world.ts';

/** Who a row truly is. */
export interface Seen {
  readonly client: Client;
  readonly execution: Execution | null;
}

/** What the model hides of the truth, to take one fix back. */
export interface Blindness {
  /** Servers do not tell their start: after a restart they look the same. */
  readonly start?: boolean;
  /** What is rolled back is in no list, though it is said that it would be. */
  readonly lingering?: boolean;
  /** Rows do not show that something is being killed. */
  readonly killed?: boolean;
}

const WHY = 'The model says so.';
const unknown = (...fields: readonly UnknownField['field'][]): readonly UnknownField[] =>
  fields.map((field) => ({ field, why: WHY }));
const NO_TRANSACTION = unknown('transaction', 'transactionTime');
const OBSCURE = [...unknown('time'), ...NO_TRANSACTION];

/** Process lists as the engine would show them, and who their rows are. */
export class Rows {
  readonly #world: World;
  readonly #blind: Blindness;
  readonly #seen = new WeakMap<Session, Seen>();

  constructor(world: World, blind: Blindness) {
    this.#world = world;
    this.#blind = blind;
  }

  seen(session: Session): Seen | undefined {
    return this.#seen.get(session);
  }

  serverOf(boot: Boot, node = ''): string {
    return `${boot.server}${node}${this.#blind.start ? '' : `/${boot.startedAt}`}`;
  }

  /** Our own connection's row. */
  own(boot: Boot, id: string): Session {
    const { exactStatements } = this.#world.engine;
    return {
      ...this.#row(boot, id, 'warden', '10.0.0.1:40000', 'Query', this.#world.now, ''),
      statement: { text: 'SELECT', digest: 'SELECT', id: exactStatements ? '1' : null, startedAt: this.#second() },
    };
  }

  of(boot: Boot, ids: readonly string[] | undefined): readonly Session[] {
    const { engine } = this.#world;
    return boot.clients.flatMap((client) => {
      if (ids !== undefined && !ids.includes(client.id)) return [];
      if (client.state === 'there') return [this.#shown(client)];
      const isHidden = client.state === 'gone' || engine.rollsBack === 'unseen' || this.#blind.lingering;
      // Of a whole list only those count that roll back for certain.
      if (isHidden || (ids === undefined && engine.rollsBack === 'nameless' && engine.engine === 'oceanbase'))
        return [];
      return [this.#lingering(client)];
    });
  }

  isBeingKilled(client: Client): boolean {
    const isCut = this.#world.engine.showsCuts && client.running?.cut != null;
    return !this.#blind.killed && (client.killed !== null || isCut);
  }

  #second(): number {
    return Math.floor(this.#world.now / 1000);
  }

  #row(boot: Boot, id: string, user: string | null, host: string | null, command: string, since: number, node: string) {
    return {
      id: sessionId(id),
      server: this.serverOf(boot, node),
      user,
      host,
      db: 'shop',
      command,
      time: Math.floor((this.#world.now - since) / 1000),
      state: '',
      statement: null,
      transaction: null,
      ...perEngineColumn(() => null),
      unknown: [],
    } satisfies Session;
  }

  #shown(client: Client): Session {
    const { engine, seed, weather } = this.#world;
    const { running } = client;
    const killed = this.isBeingKilled(client);
    const isThread = client.user === 'system user';
    const command = isThread ? 'Connect' : running === null ? 'Sleep' : 'Query';
    const row = this.#row(client.boot, client.id, client.user, client.host, command, client.since, client.node);
    const time = client.isObscure ? null : row.time;
    const isInPart = engine.readsInPart && weather.gaps > 0 && running !== null && seed.oneIn(weather.gaps);
    const whole: Session = {
      ...row,
      command: killed && engine.killedIn === 'command' ? 'Killed' : command,
      state: killed && engine.killedIn === 'state' ? (client.killed ? 'SESSION_KILLED' : 'QUERY_KILLED') : '',
      time,
      statement:
        running === null
          ? null
          : {
              text: running.text,
              digest: running.text,
              id: engine.exactStatements ? running.id : null,
              startedAt: time === null ? null : this.#second() - time,
            },
      transaction:
        client.isObscure || engine.hidesTransactions || client.transactionSince === null
          ? null
          : { id: null, state: 'ACTIVE', time: Math.floor((this.#world.now - client.transactionSince) / 1000) },
      unknown: client.isObscure ? OBSCURE : engine.hidesTransactions ? NO_TRANSACTION : [],
    };
    const session: Session = isInPart
      ? { ...whole, command: 'Busy', db: null, statement: null, readInPart: true }
      : whole;
    this.#seen.set(session, { client, execution: isInPart ? null : running });
    return session;
  }

  #lingering(client: Client): Session {
    const isNamed = this.#world.engine.rollsBack === 'named';
    const [user, host] = isNamed ? [client.user, client.host] : [null, null];
    // The row bears the server that listed our own.
    const row = this.#row(client.boot, client.id, user, host, 'Killed', this.#world.now, client.node);
    const session: Session = { ...row, time: null, db: null, state: 'rolling back', lingering: true };
    this.#seen.set(session, { client, execution: null });
    return session;
  }
}

import type { Intent } from '../../lib/audit/audit.ts';
import type { Victim } from '../../lib/database/database.ts';
import type { KillKind, Session } from '../../lib/sessions/session.ts';
import { type Claim, type Hit, untruth } from './claims.ts';
import type { Rows, Seen } from './rows.ts';
import { Contradiction } from './scheduler.ts';
import type { Client, Execution, World } from './world.ts';

/** What somebody wants ended. Without a client or an execution: whatever has the ID. */
export interface Wish {
  readonly id: string;
  readonly kind: KillKind;
  readonly client?: Client;
  readonly execution?: Execution;
}

/** One call of a use case: who makes it, and what it may do. */
export interface Call {
  /** Its correlation ID, and its name in the story. */
  readonly name: string;
  readonly mayEnd: (client: Client) => boolean;
  /** Whether this one was asked for. */
  readonly wants: (client: Client, execution: Execution | null, kind: KillKind) => boolean;
  /** What keeps this one from being ended now though its rule chose it, at the moment of the compare. */
  readonly keeps?: (victim: Victim, client: Client) => string | undefined;
  /** Who the rows of an ID were at the last look. */
  readonly looks: Map<string, Seen>;
  /** All rows that it was given. */
  readonly rows: Session[];
  readonly hits: Hit[];
  /** How often the stop switch was asked, when it last was, in which place among all that was done to it, and what was sent since. */
  readonly asked: { times: number; at: number; place: number; sentSince: number };
  /** The request whose button was pressed. */
  readonly request?: string;
}

export const aCall = (name: string, rights: Pick<Call, 'mayEnd' | 'wants' | 'keeps' | 'request'>): Call => ({
  name,
  ...rights,
  looks: new Map(),
  rows: [],
  hits: [],
  asked: { times: 0, at: Number.NEGATIVE_INFINITY, place: 0, sentSince: 0 },
});

/** Past so many statements sent one by one, an answer of the switch holds for this long. */
const ASKED_EACH = 20;
const ASK_AGAIN_MS = 50;

const PROTECTED = ['backup', 'system user', 'warden'];

/** Compares what is done and said with the truth, and ends the story where they differ. */
export class Judge {
  readonly #world: World;
  readonly #rows: Rows;
  /** Whether an intent of the call for this victim is on record and open. */
  hasIntent: (call: Call, victim: Victim, kind: KillKind) => boolean = () => true;
  /** The configuration wants everything that is ended told apart exactly. */
  requiresTags = false;
  /** The place of the throw among all that was done to the stop switch; `null` while it is not thrown. */
  #stop: number | null = null;
  #places = 0;
  readonly #carriedOut = new Map<string, string>();

  constructor(world: World, rows: Rows) {
    this.#world = world;
    this.#rows = rows;
  }

  found(rule: string, detail: string): void {
    this.#world.scheduler.found(new Contradiction(rule, detail));
  }

  throwStop(isThrown: boolean): void {
    this.#stop = isThrown ? ++this.#places : null;
  }

  /** Somebody asks the stop switch. */
  asks({ asked }: Call): boolean {
    asked.times++;
    asked.place = ++this.#places;
    asked.sentSince = 0;
    return this.#stop !== null;
  }

  /** Somebody opens a connection to end something. */
  opensToKill({ name, request }: Call): void {
    if (request === undefined) return;
    const before = this.#carriedOut.get(request);
    if (before !== undefined) this.found('one approval is one kill', `${before} and ${name} both carry it out`);
    this.#carriedOut.set(request, name);
  }

  looked(call: Call, rows: readonly Session[]): void {
    call.rows.push(...rows);
    for (const row of rows) {
      const seen = this.#rows.seen(row);
      if (seen !== undefined && !row.lingering) call.looks.set(row.id, seen);
    }
  }

  /** A packet leaves us. */
  sends(call: Call, victims: readonly Victim[], kind: KillKind): void {
    const { asked } = call;
    const { now } = this.#world;
    this.#world.say(() => `${call.name} sends compare and KILL ${kind} of ${victims.map(({ session }) => session.id)}`);
    if (this.#stop !== null) {
      const one = kind === 'query' && victims.length === 1;
      const isFresh = one && asked.times > ASKED_EACH && now - asked.at < ASK_AGAIN_MS;
      if (asked.place > this.#stop || (asked.sentSince > 0 && !isFresh))
        this.found('nothing is sent after the stop', `${call.name} sends on`);
    }
    asked.sentSince++;
    for (const victim of victims)
      if (!this.hasIntent(call, victim, kind))
        this.found('no kill without its intent', `${call.name} sends KILL of ${victim.session.id}`);
  }

  /** The server has compared. */
  compared(call: Call, victim: Victim, matched: Client | undefined, kind: KillKind): void {
    if (matched === undefined) return;
    const isCut = this.#world.engine.showsCuts && matched.running?.cut != null;
    if (kind === 'query' && (matched.killed !== null || isCut) && matched.running !== null)
      this.found('two cancellers cut once', `${matched.running.name} is being cut already`);
    const why = call.keeps?.(victim, matched);
    if (why !== undefined) this.found('a rule ends whom it is for', `${call.name} ends ${matched.name}: ${why}`);
    if (victim.session.readInPart) this.found('unknown never kills', `${matched.name} was shown in part`);
    if (victim.compareStatement && victim.session.statement === null)
      this.found('unknown never kills', `no statement of ${matched.name} is known`);
  }

  /** A KILL has reached somebody. */
  struck(call: Call, victim: Victim, client: Client, execution: Execution | null, kind: KillKind): void {
    const meant = this.#rows.seen(victim.session);
    if (meant === undefined) {
      this.found('nobody else is ended', `${call.name} sends what no list showed`);
      return;
    }
    call.hits.push({ kind, meant, client, execution });
    const who = `${call.name} hits ${client.name}`;
    if (meant.client !== client) this.found('nobody else is ended', `${who}, and meant ${meant.client.name}`);
    const isExact =
      (victim.compareStatement && victim.session.statement?.id != null) ||
      (kind === 'connection' && /:\d+$/.test(client.host ?? ''));
    if (this.requiresTags && !isExact) this.found('only what is told apart exactly is ended', who);
    if (PROTECTED.includes(client.user)) this.found('the protected live', who);
    if (!call.mayEnd(client)) this.found('nobody ends what the rule forbids', who);
    if (!call.wants(meant.client, meant.execution, kind)) this.found('nobody ends what nobody wants', who);
    if (execution !== null && execution !== meant.execution && this.#world.engine.killsStatementsExactly)
      this.found('nobody else is ended', `${call.name} cuts ${execution.name}, and meant ${meant.execution?.name}`);
  }

  /** Somebody was answered. */
  answered(call: Call, wish: Wish, claim: Claim | { readonly certain: boolean }): void {
    const hit = call.hits.find(({ kind, meant: { client } }) => client.id === wish.id && kind === wish.kind);
    const shown = hit?.meant ?? call.looks.get(wish.id);
    const meant =
      wish.client === undefined || wish.client === shown?.client ? shown : { client: wish.client, execution: null };
    if (meant === undefined) return;
    const said =
      'certain' in claim ? ({ outcome: claim.certain ? 'failed' : 'unknown', proven: false } as const) : claim;
    this.#world.say(() => `${call.name} is answered about ${wish.id}: ${said.outcome}${said.proven ? ', proven' : ''}`);
    this.#compare(said, wish.kind, meant, call.hits, 'an answer');
  }

  /** An outcome goes on record. */
  recorded({ kind }: Pick<Intent, 'kind'>, claim: Claim, meant: Seen, hits: readonly Hit[]): void {
    if (kind === 'connection' || kind === 'query') this.#compare(claim, kind, meant, hits, 'a record');
  }

  #compare(claim: Claim, kind: KillKind, meant: Seen, hits: readonly Hit[], what: string): void {
    this.#world.pass();
    const why = untruth(claim, kind, meant, hits, this.#world.engine);
    const rule = claim.proven ? 'no untrue proof' : `no untrue ${claim.outcome}`;
    if (why !== undefined)
      this.found(rule, `${what} says ${claim.outcome}${claim.proven ? ' (proven)' : ''}, and ${why}`);
  }
}

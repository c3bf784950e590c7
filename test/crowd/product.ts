import { setTimeout as sleep } from 'node:timers/promises';
import { AppError } from '../../lib/errors.ts';
import type { Principal } from '../../lib/privileges/principal.ts';
import { reap, reaperPrincipal } from '../../lib/reaper/reap.ts';
import type { ReapReport } from '../../lib/reaper/report.ts';
import { type BlockerNode, listBlockers } from '../../lib/sessions/blockers.ts';
import { getSession, type SessionDetail } from '../../lib/sessions/get-session.ts';
import { type BulkKillResult, killSession, killSessions } from '../../lib/sessions/kill/kill.ts';
import type { KillResult } from '../../lib/sessions/kill/outcome.ts';
import { listSessions } from '../../lib/sessions/list-sessions.ts';
import { type KillKind, type Session, sessionId } from '../../lib/sessions/session.ts';
import type { SessionView } from '../../lib/sessions/session-view.ts';
import { aPrincipal, OPERATOR, type servicesFor } from '../engines/a-server.ts';
import type { Random } from '../fuzz/random.ts';
import { markIn, type Notes } from './notes.ts';

/** Who asks, by what the crowd's rules give him. */
export const ASKERS = {
  operator: OPERATOR,
  /** The sessions of the user `crowd_a` are his own, and he has no privilege. */
  owner: aPrincipal('owner'),
  /** He may see all, and end none. */
  viewer: aPrincipal('viewer'),
  stranger: aPrincipal('stranger'),
  /** He may end all, and see none. */
  ender: aPrincipal('ender'),
} as const satisfies Readonly<Record<string, Principal>>;
export type Asker = keyof typeof ASKERS;

/** Who is shown no session at all. */
export const isBlind = (asker: Asker): boolean => asker === 'stranger' || asker === 'ender';

/** One that was to be ended. */
export interface Demand {
  readonly id: string;
  readonly kind: KillKind;
  readonly tag: string | null;
  /** The statement that the tag was given for; `null` for whatever runs. */
  readonly mark: number | null;
  /** When the session was seen whose tag it is; `null` for whoever bears the ID. */
  readonly seen: number | null;
}

/** What was answered to a demand: an outcome with its proof, or the code of an error. */
export interface Ended {
  readonly outcome: string | null;
  readonly proven: boolean;
  readonly auditId: string | null;
  readonly code: string | null;
}

/** What was asked of the product, and what it answered. */
export type Asked =
  | { readonly what: 'list'; readonly inTransaction: boolean | null; readonly answer: readonly SessionView[] | null }
  /** The product's own look, with what it knows not to know. */
  | { readonly what: 'look'; readonly answer: readonly Session[] | null }
  | { readonly what: 'get'; readonly id: string; readonly answer: SessionDetail | null }
  | { readonly what: 'kill'; readonly demands: readonly Demand[]; readonly answer: readonly Ended[] | null }
  | { readonly what: 'blockers'; readonly answer: readonly BlockerNode[] | null }
  | { readonly what: 'reap'; readonly rule: string; readonly dryRun: boolean; readonly answer: ReapReport | null };

/** One call, when, by whom, and its error's code where it failed. */
export type Call = Asked & {
  readonly asker: Asker;
  readonly from: number;
  readonly to: number;
  readonly code: string | null;
};

/** How many sessions a page shows that is left open. */
const PAGE = 20;

/** How many statements a watcher keeps in mind before it comes back to the first. */
const LATELY = 4;

const isOfCrowd = (user: string | null): boolean =>
  user === '' || (user?.startsWith('crowd_') === true && user !== 'crowd_service');

type Services = ReturnType<typeof servicesFor>;
const TARGET = 'local';

const endedOf = ({ outcome, proven, auditId }: KillResult): Ended => ({ outcome, proven, auditId, code: null });
const codeOf = (error: unknown): string => (error instanceof AppError ? error.code : `thrown: ${String(error)}`);
const failed = (error: unknown): Ended => ({
  outcome: null,
  proven: false,
  auditId: error instanceof AppError ? (error.auditId ?? null) : null,
  code: codeOf(error),
});
const ofMany = ({ outcome, proven, auditId, code }: BulkKillResult): Ended => ({ outcome, proven, auditId, code });

/** One user of the product: lists, cancels, ends, reaps and asks who blocks whom, as its numbers decide, until the play is over. */
export class Watcher {
  readonly calls: Call[] = [];
  readonly #services: Services;
  readonly #random: Random;
  readonly #rules: readonly string[];
  #seen: readonly SessionView[] = [];
  #seenAt = 0;
  /** Statements that were seen a while ago, whose sessions may have gone on. */
  readonly #lately: Demand[] = [];
  /** Some of those that were seen long ago. */
  readonly #remembered: Demand[] = [];
  /** The first that were seen after each start of the server, of which another start makes strangers. */
  readonly #pages: Map<string, Demand>[] = [];
  readonly #notes: Pick<Notes, 'restarts'>;

  constructor(services: Services, random: Random, rules: readonly string[], notes: Pick<Notes, 'restarts'>) {
    this.#notes = notes;
    this.#services = services;
    this.#random = random;
    this.#rules = rules;
  }

  async watch(isOver: () => boolean): Promise<void> {
    while (!isOver()) {
      const choice = this.#random.below(100);
      if (choice < 30) await this.#list();
      else if (choice < 45) await this.#look();
      else if (choice < 50) await this.#get();
      else if (choice < 78) await this.#kill();
      else if (choice < 90) await this.#blockers();
      else await this.#reap();
      await sleep(this.#random.below(300));
    }
  }

  async #note<Answer>(
    asker: Asker,
    ask: () => Promise<Answer>,
    toAsked: (answer: Answer | null) => Asked,
  ): Promise<void> {
    const from = performance.now();
    try {
      const answer = await ask();
      this.calls.push({ ...toAsked(answer), asker, from, to: performance.now(), code: null });
    } catch (error) {
      this.calls.push({ ...toAsked(null), asker, from, to: performance.now(), code: codeOf(error) });
    }
  }

  #anAsker(): Asker {
    return this.#random.one(['operator', 'operator', 'operator', 'operator', 'owner', 'viewer', 'stranger', 'ender']);
  }

  #list(): Promise<void> {
    const asker = this.#anAsker();
    const inTransaction = this.#random.one([null, null, null, true, false]);
    const filter = inTransaction === null ? {} : { inTransaction };
    const query = { sort: 'id', limit: 1000, full: true, ...filter } as const;
    return this.#note(
      asker,
      async () => {
        const { sessions } = await listSessions(this.#services, { principal: ASKERS[asker], target: TARGET, query });
        if (asker === 'operator') {
          this.#seen = sessions.filter(({ user }) => isOfCrowd(user));
          this.#seenAt = performance.now();
          this.#keepPage();
          const one = this.#one();
          if (one !== undefined && this.#random.chance(30))
            this.#remembered.push({ id: one.id, kind: 'connection', tag: one.tag, mark: null, seen: this.#seenAt });
        }
        return sessions;
      },
      (answer) => ({ what: 'list', inTransaction, answer }),
    );
  }

  #keepPage(): void {
    this.#pages[this.#notes.restarts.length] ??= new Map();
    const page = this.#pages[this.#notes.restarts.length];
    for (const { id, tag, statement } of this.#seen) {
      if (page === undefined || page.size >= PAGE || page.has(tag)) continue;
      const mark = markIn(statement?.text);
      // Of a statement that ran then its session's part must not match either.
      const demand: Demand =
        statement === null || mark === null
          ? { id, kind: 'connection', tag, mark: null, seen: this.#seenAt }
          : { id, kind: 'query', tag: statement.tag, mark, seen: this.#seenAt };
      page.set(tag, demand);
    }
  }

  /** What a page still shows that was opened before the server's last start. */
  #pageOfBefore(): readonly Demand[] {
    const page = this.#pages[this.#random.below(Math.max(1, this.#notes.restarts.length))];
    return this.#notes.restarts.length === 0 ? [] : [...(page?.values() ?? [])];
  }

  #look(): Promise<void> {
    const look = async () => {
      const database = await this.#services.open({ name: TARGET });
      try {
        return await database.list();
      } finally {
        await database.close();
      }
    };
    return this.#note('operator', look, (answer) => ({ what: 'look', answer }));
  }

  async #get(): Promise<void> {
    const asker = this.#anAsker();
    const id = this.#one()?.id;
    if (id === undefined) return;
    const request = { principal: ASKERS[asker], target: TARGET, id: sessionId(id), full: true };
    await this.#note(
      asker,
      () => getSession(this.#services, request),
      (answer) => ({ what: 'get', id, answer }),
    );
  }

  /** Any session that was seen last, or one that ran something. */
  #one(isRunning = false): SessionView | undefined {
    const found = isRunning ? this.#seen.filter(({ statement }) => markIn(statement?.text) !== null) : this.#seen;
    return found[this.#random.below(Math.max(1, found.length))];
  }

  #demand(): Demand | undefined {
    const old = this.#remembered[this.#random.below(this.#remembered.length * 8)];
    if (old !== undefined) return old;
    if (this.#lately.length > LATELY && this.#random.chance(25)) return this.#lately.shift();
    const kind: KillKind = this.#random.chance(75) ? 'query' : 'connection';
    const view = this.#one(kind === 'query' && this.#random.chance(85));
    if (view === undefined) return undefined;
    const { id, statement } = view;
    const statementTag = kind === 'connection' ? view.tag : (statement?.tag ?? null);
    const tag = this.#random.chance(75) ? statementTag : null;
    const mark = kind === 'query' && tag !== null ? markIn(statement?.text) : null;
    const demand: Demand = { id, kind, tag, mark, seen: tag === null ? null : this.#seenAt };
    if (tag !== null && this.#random.chance(40)) (mark === null ? this.#remembered : this.#lately).push({ ...demand });
    return demand;
  }

  async #kill(): Promise<void> {
    const asker = this.#random.chance(75) ? 'operator' : this.#anAsker();
    // What was seen a moment ago is what people act on; some take their time.
    if (this.#random.chance(70)) await this.#list();
    if (this.#random.chance(30)) await sleep(this.#random.below(1_500));
    // A page that has been open since the beginning: most of those on it have left, and others may bear their IDs.
    const page = this.#random.chance(10) ? this.#remembered.slice(0, 12) : [];
    const before = this.#random.chance(40) ? this.#pageOfBefore() : [];
    const some = Array.from({ length: this.#random.chance(20) ? 4 : 1 }, () => this.#demand());
    const demands = [...page, ...before, ...some].filter((one) => one !== undefined);
    const distinct = [...new Map(demands.map((one) => [one.id, one])).values()];
    if (distinct.length === 0) return;
    const context = { principal: ASKERS[asker], target: TARGET, reason: 'crowd', correlationId: 'crowd' };
    const ask = async (): Promise<readonly Ended[]> => {
      const [only] = distinct;
      const kills = distinct.map(({ id, kind, tag }) => ({ id: sessionId(id), kind, tag }));
      if (distinct.length > 1 || only === undefined) {
        const { results } = await killSessions(this.#services, { ...context, kills });
        return results.map(ofMany);
      }
      const request = { ...context, ...only, id: sessionId(only.id), escalateAfter: null };
      return [await killSession(this.#services, request).then(endedOf, failed)];
    };
    const send = () => this.#note(asker, ask, (answer) => ({ what: 'kill', demands: distinct, answer }));
    // Several may mean the same at the same time, and one may press twice.
    // Most of all one and the same statement, as everybody in the channel of an incident does: the second KILL must not meet the next one.
    const isStatement = distinct.some(({ mark }) => mark !== null);
    const clicks = this.#random.chance(isStatement ? 60 : 20) ? 2 + this.#random.below(isStatement ? 11 : 2) : 1;
    await Promise.all(Array.from({ length: clicks }, send));
  }

  #blockers(): Promise<void> {
    const asker = this.#random.one<Asker>(['operator', 'operator', 'owner', 'viewer']);
    return this.#note(
      asker,
      async () => (await listBlockers(this.#services, { principal: ASKERS[asker], target: TARGET })).blockers,
      (answer) => ({ what: 'blockers', answer }),
    );
  }

  async #reap(): Promise<void> {
    const rule = this.#rules[this.#random.below(Math.max(1, this.#rules.length))];
    if (rule === undefined) return;
    const dryRun = this.#random.chance(40);
    const request = { principal: reaperPrincipal(rule), target: TARGET, reaper: rule, dryRun, correlationId: 'crowd' };
    await this.#note(
      'operator',
      () => reap(this.#services, request),
      (answer) => ({ what: 'reap', rule, dryRun, answer }),
    );
  }
}

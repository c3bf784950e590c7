import { setTimeout as sleep } from 'node:timers/promises';
import { sweepAudit } from '../../lib/audit/sweep.ts';
import { newRequest } from '../../lib/chatops/commands/buttons.ts';
import { pressButton } from '../../lib/chatops/commands/press-button.ts';
import { AppError, type ErrorCode } from '../../lib/errors.ts';
import { workOff } from '../../lib/fleet/work-batch.ts';
import type { Principal } from '../../lib/privileges/principal.ts';
import { runScheduled } from '../../lib/reaper/reap.ts';
import type { ReapReport } from '../../lib/reaper/report.ts';
import { keepVictim } from '../../lib/reaper/warn/keep-victim.ts';
import { killSession, killSessions } from '../../lib/sessions/kill/kill.ts';
import { listSessions } from '../../lib/sessions/list-sessions.ts';
import type { KillKind } from '../../lib/sessions/session.ts';
import { sessionId } from '../../lib/sessions/session.ts';
import type { SessionView } from '../../lib/sessions/session-view.ts';
import { sessionTag } from '../../lib/sessions/tags.ts';
import { type House, TARGET } from './house.ts';
import { aCall, type Call, type Wish } from './judge.ts';
import type { Actor } from './plan.ts';
import { keepsFrom, mayBeTaken } from './rules.ts';
import type { Client, Execution } from './world.ts';

type Who = 'dba' | 'developer' | 'asker';

const person = (subject: string, group: Who): Principal => ({
  source: 'slack',
  subject,
  groups: [group],
  claims: {},
  chat: { identities: [subject], isMapped: true },
});

/** Whom each group may see, and whom it may end without anybody's approval. */
const sees = (who: Who, { user }: Client): boolean => who !== 'developer' || user === 'app';
const ends = (who: Who, { user }: Client): boolean => who === 'dba' || (who === 'developer' && user === 'app');

/** Failures that say that nothing was ended. */
const CERTAIN: readonly ErrorCode[] = [
  'session-not-found',
  'not-allowed',
  'protected',
  'approval-needed',
  'tag-invalid',
  'tag-mismatch',
  'tag-required',
  'identity-approximate',
  'kills-stopped',
  'audit-unavailable',
  'state-unavailable',
  'target-elsewhere',
  'target-privilege-missing',
  'target-not-found',
];

const isCertain = ({ code, detail }: AppError): boolean =>
  CERTAIN.includes(code) || (detail?.startsWith('Nothing was sent') ?? false);

/** A view with who it truly is. */
interface Known {
  readonly view: SessionView;
  readonly client: Client;
  readonly wish: (kind: KillKind) => Wish & { readonly tag: string | null };
}

/** Ages are whole seconds, each read in its own way. */
const SAME_AGE = 3_000;

let calls = 0;

/** What each actor of a plan does. */
export class Actors {
  readonly #house: House;

  constructor(house: House) {
    this.#house = house;
    calls = 0;
  }

  async act(actor: Actor, name: string): Promise<void> {
    await sleep(actor.after);
    switch (actor.does) {
      case 'list':
        await this.#list(actor.who, name);
        return;
      case 'kill':
        return this.#kill(actor, name);
      case 'bulk':
        return this.#bulk(actor, name);
      case 'reap':
        return this.#reap(actor, name);
      case 'approve':
        return this.#approve(actor, name);
      case 'sweep':
        return this.sweep(name);
      case 'stop':
        return this.#stop(actor, name);
      case 'keep':
        return this.#keep(name);
    }
  }

  /** Runs a use case as a call of its own; a typed failure is an end like any other. */
  async #attempt<Result>(work: () => Promise<Result>): Promise<Result | AppError> {
    try {
      return await work();
    } catch (error) {
      if (error instanceof AppError) return error;
      throw error;
    }
  }

  #call(name: string, rights: Parameters<typeof aCall>[1]): Call {
    return aCall(`${name}#${++calls}`, rights);
  }

  /** One function's name is its call's: who is let in by the scheduler. */
  async #list(who: Who, name: string): Promise<readonly Known[]> {
    const { rows, judge } = this.#house;
    const call = this.#call(name, { mayEnd: () => false, wants: () => false });
    const query = { sort: 'id', limit: 1000, full: false } as const;
    const principal = person(name, who);
    const answer = await this.#attempt(() =>
      listSessions(this.#house.servicesFor(call), { principal, target: TARGET, query }),
    );
    if (answer instanceof AppError) return [];
    return answer.sessions.flatMap((view): Known[] => {
      const row = call.rows.find((one) => one.id === view.id && sessionTag(one) === view.tag);
      const seen = row === undefined ? undefined : rows.seen(row);
      // Our own connection is nobody of the story.
      if (seen === undefined) return [];
      const { client } = seen;
      if (!sees(who, client)) judge.found('nobody sees what the rule hides', `${name} sees ${client.name}`);
      const execution = seen.execution ?? undefined;
      const wish: Known['wish'] = (kind) => ({
        id: view.id,
        kind,
        client,
        ...(execution !== undefined && { execution }),
        tag: kind === 'connection' ? view.tag : (view.statement?.tag ?? null),
      });
      return [{ view, client, wish }];
    });
  }

  async #choose(who: Who, name: string, wait: number): Promise<readonly Known[]> {
    const known = await this.#list(who, name);
    await sleep(wait);
    return known;
  }

  async #kill(actor: Extract<Actor, { does: 'kill' }>, name: string): Promise<void> {
    const { seed } = this.#house.world;
    const { who, kind, escalateAfter } = actor;
    const known = await this.#choose(who, name, actor.wait);
    const one = seed.any(known.filter(({ view }) => kind === 'connection' || view.statement !== null));
    if (one === undefined) return;
    const { tag, ...wish } = one.wish(kind);
    const tagged = actor.tag ? tag : null;
    const asked: Wish = tagged === null ? { id: wish.id, kind } : wish;
    const call = this.#call(name, this.#wanting(who, [asked], escalateAfter !== null));
    const answer = await this.#attempt(() =>
      killSession(this.#house.servicesFor(call), {
        principal: person(name, who),
        target: TARGET,
        id: sessionId(wish.id),
        kind,
        tag: tagged,
        reason: null,
        correlationId: call.name,
        escalateAfter,
      }),
    );
    const claim = answer instanceof AppError ? { certain: isCertain(answer) } : answer;
    this.#house.judge.answered(call, asked, claim);
  }

  async #bulk(actor: Extract<Actor, { does: 'bulk' }>, name: string): Promise<void> {
    const { seed } = this.#house.world;
    const { who } = actor;
    const known = (await this.#choose(who, name, actor.wait)).filter(({ view }) => !view.protected);
    const wishes = known
      .slice(0, actor.most)
      .map(({ view, wish }) => wish(view.statement !== null && !seed.oneIn(3) ? 'query' : 'connection'));
    if (wishes.length === 0) return;
    const call = this.#call(name, this.#wanting(who, wishes, false));
    const answer = await this.#attempt(() =>
      killSessions(this.#house.servicesFor(call), {
        principal: person(name, who),
        target: TARGET,
        reason: null,
        correlationId: call.name,
        kills: wishes.map(({ id, kind, tag }) => ({ id: sessionId(id), kind, tag })),
      }),
    );
    for (const [at, wish] of wishes.entries()) {
      const result = answer instanceof AppError ? undefined : answer.results[at];
      const code = answer instanceof AppError ? answer.code : result?.code;
      if (result?.outcome != null) this.#house.judge.answered(call, wish, { ...result, outcome: result.outcome });
      else this.#house.judge.answered(call, wish, { certain: code != null && CERTAIN.includes(code) });
    }
  }

  async #reap({ rule, runs }: Extract<Actor, { does: 'reap' }>, name: string): Promise<void> {
    for (let run = 0; run < runs; run++) {
      if (run > 0) await sleep(70_000);
      const call = this.#call(name, {
        mayEnd: () => true,
        wants: (client, _, kind) => mayBeTaken(rule, client, kind),
        keeps: (victim, client) => keepsFrom(rule, victim, client, this.#house),
      });
      const order = {
        target: TARGET,
        reaper: rule,
        dueAt: new Date(Date.now()).toISOString(),
        planId: '2026-03-01T12:00Z',
      };
      let report: ReapReport | undefined;
      const attempt = { messageId: call.name, receives: 1 };
      await workOff(this.#house.servicesFor(call), order, attempt, Date.now, async (...given) => {
        report = await runScheduled(...given);
        return report;
      });
      for (const { id, outcome, proven, code } of report?.victims ?? []) {
        const wish = { id, kind: rule === 'busy' ? 'query' : 'connection' } as const;
        if (outcome !== null) this.#house.judge.answered(call, wish, { outcome, proven });
        else this.#house.judge.answered(call, wish, { certain: code !== null && CERTAIN.includes(code) });
      }
      this.#tellLater(name);
    }
  }

  /** The queue's worker posts what was handed over, and the platform takes it. */
  #tellLater(name: string): void {
    const { posted, world } = this.#house;
    for (const { askedAt, victims } of posted.splice(0)) {
      const poster = `${name}’s poster at ${askedAt}`;
      const call = this.#call(poster, { mayEnd: () => false, wants: () => false });
      world.scheduler.begin(poster, async () => {
        await sleep(world.seed.one([0, 500, 30_000]));
        const { warnings } = await this.#house.servicesFor(call).reaperChat();
        for (const { warning } of victims) await this.#attempt(() => warnings.told(warning, askedAt, Date.now()));
      });
      this.#house.shown.push(...victims);
    }
  }

  async #keep(name: string): Promise<void> {
    const { world, shown } = this.#house;
    for (let tries = 0; tries < 3; tries++) {
      await sleep(world.seed.one([1_000, 40_000, 70_000]));
      const victim = world.seed.any(shown);
      if (victim === undefined) continue;
      const call = this.#call(name, { mayEnd: () => false, wants: () => false });
      const { session, warning } = victim;
      await this.#attempt(() =>
        keepVictim(this.#house.servicesFor(call), {
          principal: person(name, 'dba'),
          target: TARGET,
          reaper: 'warned',
          id: session.id,
          tag: sessionTag(session),
          warning,
          correlationId: call.name,
        }),
      );
    }
  }

  async #approve({ clicks }: Extract<Actor, { does: 'approve' }>, name: string): Promise<void> {
    const { world } = this.#house;
    const known = await this.#list('asker', name);
    const one = world.seed.any(known.filter(({ view }) => !view.protected));
    if (one === undefined) return;
    const kind = one.view.statement === null ? 'connection' : 'query';
    const { tag, ...wish } = one.wish(kind);
    const asker = person(name, 'asker');
    const wanted = { do: 'kill', kind, target: TARGET, id: wish.id, tag: tag ?? '' } as const;
    const request = newRequest(
      { wanted, about: wish.id, requester: asker, approvers: { group: 'dba' } },
      Date.now() + 600_000,
    );
    await this.#house.requests.putAll([request]);
    for (let click = 0; click < clicks; click++) {
      const who = `${name}’s clicker ${click + 1}`;
      const call = this.#call(who, { ...this.#wanting('dba', [wish], false), request: request.id });
      const clicker = world.seed.oneIn(6) ? asker : person(`dba-${click}`, 'dba');
      world.scheduler.begin(who, async () => {
        await sleep(world.seed.one([0, 0, 10, 2_000]));
        const services = this.#house.servicesFor(call);
        const pressed = { services, principal: clicker, requestId: call.name, mayEnd: true };
        await this.#attempt(() =>
          pressButton(pressed, { click: world.seed.oneIn(8) ? 'deny' : 'approve', request: request.id }),
        );
      });
    }
  }

  async sweep(name: string): Promise<void> {
    const call = this.#call(name, { mayEnd: () => false, wants: () => false });
    await this.#attempt(() => sweepAudit(this.#house.servicesFor(call)));
  }

  async #stop({ lifts }: Extract<Actor, { does: 'stop' }>, name: string): Promise<void> {
    const { world, judge } = this.#house;
    for (const isThrown of lifts ? [true, false] : [true]) {
      await sleep(world.seed.one([0, 1, 5, 50]));
      await world.scheduler.turn(name);
      judge.throwStop(isThrown);
      world.say(() => `${name} ${isThrown ? 'throws' : 'lifts'} the stop switch`);
    }
  }

  /** What a person may and wants, who asks for these. */
  #wanting(who: Who, wishes: readonly Wish[], escalates: boolean): Parameters<typeof aCall>[1] {
    const { engine } = this.#house.world;
    const isThat = (client: Client, wanted: Execution | undefined, execution: Execution | null): boolean =>
      wanted === undefined ||
      wanted === execution ||
      // Who is shown text and age alone, or not even that, tells no more apart.
      (!engine.exactStatements &&
        wanted.text === execution?.text &&
        (client.isObscure || execution.startedAt - wanted.startedAt < SAME_AGE));
    return {
      mayEnd: (client) => ends(who, client),
      wants: (client, execution, kind) =>
        wishes.some(
          (wish) =>
            wish.id === client.id &&
            (wish.client === undefined || wish.client === client) &&
            (wish.kind === kind || escalates) &&
            (wish.kind === 'connection' || isThat(client, wish.execution, execution)),
        ),
    };
  }
}

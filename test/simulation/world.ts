import type { EngineModel } from './engines.ts';
import type { Scheduler } from './scheduler.ts';
import type { Seed } from './seed.ts';

/** One execution of one statement, as it truly is. */
export interface Execution {
  readonly name: string;
  readonly id: string;
  readonly text: string;
  readonly startedAt: number;
  /** SLEEP and its like end without an error when they are cut. */
  readonly isQuiet: boolean;
  /** Since when it is being cut, and by whom. */
  cut: { readonly at: number; readonly by: string; readonly until: number } | null;
  end: { readonly at: number; readonly by: 'itself' | 'cut' | 'session' } | null;
}

/** One session, as it truly is. */
export interface Client {
  /** What the story calls it: no two sessions of a story bear one name, whatever IDs the server gives. */
  readonly name: string;
  readonly boot: Boot;
  readonly id: string;
  readonly node: string;
  readonly user: string;
  readonly host: string | null;
  /** Since when it is in its command. */
  since: number;
  running: Execution | null;
  readonly ended: Execution[];
  /** Hits the next statement: a KILL QUERY that came when nothing ran. */
  strayCut: string | null;
  transactionSince: number | null;
  killed: { readonly at: number; readonly by: string; readonly leaves: number; readonly gone: number } | null;
  state: 'there' | 'rolling-back' | 'gone';
  /** The server shows no age of it that could be true, and no transaction. */
  readonly isObscure: boolean;
}

/** A server from one start to the next. */
export interface Boot {
  readonly name: string;
  readonly server: string;
  readonly startedAt: number;
  readonly clients: Client[];
  isUp: boolean;
  nextId: number;
  /** Of each session the end of the last packet that was to cut it. */
  readonly packets: Map<string, Promise<void>>;
}

/** How often what happens; 0: never. */
export interface Weather {
  /** Statements and sessions that begin and end by themselves. */
  readonly life: number;
  /** Somebody else who kills. */
  readonly others: number;
  readonly restarts: number;
  readonly failovers: number;
  /** Answers of servers and stores that are lost, and stores that fail. */
  readonly losses: number;
  /** Functions that die, or are frozen for a while. */
  readonly deaths: number;
  /** Rows that are shown in part, ages and transactions that are not known. */
  readonly gaps: number;
}

const TEXTS = ['SELECT a', 'UPDATE b', 'DELETE c'] as const;
const USERS = ['app', 'app', 'app', 'shop', 'backup', 'system user'] as const;
const SECOND = 1_000;

/** The truth: servers, who is connected, what they run and what became of it. */
export class World {
  readonly engine: EngineModel;
  readonly seed: Seed;
  weather: Weather;
  readonly scheduler: Scheduler;
  readonly say: (line: () => string) => void;
  /** Where a new connection arrives. */
  current: Boot;
  readonly #twin: Boot;
  #names = 0;
  #boots = 0;
  readonly boots: Boot[] = [];

  constructor(
    engine: EngineModel,
    seed: Seed,
    weather: Weather,
    sessions: number,
    scheduler: Scheduler,
    say: World['say'],
  ) {
    this.engine = engine;
    this.seed = seed;
    this.weather = weather;
    this.scheduler = scheduler;
    this.say = say;
    this.current = this.#boot('a');
    this.#twin = this.#boot('b');
    for (let at = 0; at < sessions; at++) this.connect(this.current);
    // The twin has sessions of the same IDs, users and addresses.
    for (const client of this.current.clients) this.connect(this.#twin, client);
  }

  get now(): number {
    return this.scheduler.clock.now;
  }

  #boot(machine: string): Boot {
    const name = `${machine}${++this.#boots}`;
    const boot = {
      name,
      server: machine,
      startedAt: this.now + this.#boots,
      clients: [],
      isUp: true,
      nextId: 10,
      packets: new Map(),
    };
    this.boots.push(boot);
    return boot;
  }

  /** Everybody who is connected to the server now. */
  there(boot: Boot): readonly Client[] {
    return boot.clients.filter(({ state }) => state === 'there');
  }

  /** Somebody connects. @param like - with the user and address of this one, as a pool that comes back */
  connect(boot: Boot, like?: Client): Client {
    const { seed } = this;
    const id = String(boot.nextId++);
    const user = like?.user ?? seed.one(USERS);
    const name = `${user}-${++this.#names}`;
    const client: Client = {
      name,
      boot,
      id,
      node: this.engine.hasNodes ? seed.one(['n1', 'n2']) : '',
      user,
      // Some proxies show no port.
      host: like?.host ?? (seed.oneIn(4) ? '10.0.0.7' : `10.0.0.7:${40_000 + this.#names}`),
      since: this.now - seed.one([0, 1, 30, 90, 600]) * SECOND,
      running: null,
      ended: [],
      strayCut: null,
      transactionSince: seed.oneIn(3) ? this.now - seed.below(900) * SECOND : null,
      killed: null,
      state: 'there',
      isObscure: this.weather.gaps > 0 && seed.oneIn(5),
    };
    boot.clients.push(client);
    if (this.engine.hasNodes && this.weather.life > 0 && seed.oneIn(8)) {
      const other = {
        ...client,
        name: `${user}-${++this.#names}`,
        node: client.node === 'n1' ? 'n2' : 'n1',
        ended: [],
      };
      boot.clients.push(other);
    }
    if (seed.oneIn(2)) this.start(client, client.since);
    return client;
  }

  start(client: Client, at = this.now, text: string = this.seed.one(TEXTS)): void {
    const { seed } = this;
    const name = `${client.name}/${client.ended.length + 1}`;
    const running: Execution = {
      name,
      id: String(1_000 + ++this.#names),
      text,
      startedAt: at,
      isQuiet: this.engine.engine === 'mysql' && seed.oneIn(3),
      cut: client.strayCut === null ? null : { at: this.now, by: client.strayCut, until: this.now },
      end: null,
    };
    client.strayCut = null;
    client.running = running;
    client.since = at;
    this.say(() => `${client.name} runs ${name} (${running.text})`);
  }

  end(client: Client, by: 'itself' | 'cut' | 'session'): void {
    const { running } = client;
    if (running === null) return;
    running.end = { at: this.now, by };
    client.ended.push(running);
    client.running = null;
    client.since = this.now;
    this.say(() => `${running.name} ends: ${by}`);
  }

  leave(client: Client, state: 'rolling-back' | 'gone'): void {
    this.end(client, 'session');
    client.state = state;
    this.say(() => `${client.name} ${state === 'gone' ? 'is gone' : 'has left the list and is rolled back'}`);
  }

  /** What a KILL CONNECTION does to a session. */
  kill(client: Client, by: string): void {
    if (client.killed !== null) return;
    const { seed, now } = this;
    const leaves = now + seed.one([0, 0, 0, 1, 40, 1_500, 4_000]);
    const gone = leaves + seed.one([0, 0, 0, 30, 5_000, 3 * 3_600_000]);
    client.killed = { at: now, by, leaves, gone };
    this.say(() => `${by} kills ${client.name}, rollback ${(gone - leaves) / SECOND} s`);
  }

  /** What a KILL QUERY does to a session. @returns the statement that it hit */
  cut(client: Client, by: string): Execution | null {
    const { running } = client;
    if (running === null) {
      if (this.seed.oneIn(4)) client.strayCut = by;
      return null;
    }
    running.cut ??= { at: this.now, by, until: this.now + this.seed.one([0, 0, 0, 1, 40, 1_500, 20_000, 3_600_000]) };
    this.say(() => `${by} cuts ${running.name}`);
    return running;
  }

  /** What time has brought about. */
  pass(): void {
    const { now, engine } = this;
    for (const boot of this.boots)
      for (const client of boot.clients) {
        if (client.state === 'gone') continue;
        const { killed, running } = client;
        if (killed !== null && killed.gone <= now) this.leave(client, 'gone');
        else if (killed !== null && killed.leaves <= now && client.state === 'there') {
          this.end(client, 'session');
          if (engine.rollsBack !== 'in-list') this.leave(client, 'rolling-back');
        } else if (running?.cut && running.cut.until <= now) this.end(client, 'cut');
      }
  }

  /** Something happens by itself, or nothing. */
  stir(): void {
    const { seed, weather } = this;
    this.pass();
    if (weather.life > 0 && seed.oneIn(weather.life)) this.#live();
    if (weather.others > 0 && seed.oneIn(weather.others)) {
      const client = seed.any(this.there(this.current));
      if (client !== undefined) seed.oneIn(3) ? this.kill(client, 'a DBA') : this.cut(client, 'a DBA');
    }
    if (weather.restarts > 0 && seed.oneIn(weather.restarts)) this.restart();
    if (weather.failovers > 0 && seed.oneIn(weather.failovers)) this.failOver();
    this.pass();
  }

  #live(): void {
    const { seed } = this;
    const client = seed.any(this.there(this.current));
    if (client === undefined || seed.oneIn(6)) {
      const fresh = this.connect(this.current);
      this.say(() => `${fresh.name} connects as ${fresh.id}`);
      return;
    }
    this.moveOn(client);
  }

  /** A session does what comes next: it ends its statement, begins one, or leaves. */
  moveOn(client: Client): void {
    const { seed } = this;
    if (client.killed !== null || client.state !== 'there') return;
    if (seed.oneIn(8)) this.leave(client, 'gone');
    else if (client.running === null) {
      if (seed.oneIn(4)) client.transactionSince = client.transactionSince === null ? this.now : null;
      this.start(client);
    } else {
      this.end(client, 'itself');
      if (seed.oneIn(2)) this.start(client);
    }
  }

  /** The server goes down and comes back: IDs begin again, and the pools connect anew from the same addresses. */
  restart(): void {
    const { current } = this;
    current.isUp = false;
    this.current = this.#boot(current.server);
    this.say(() => `${current.name} crashes and comes back as ${this.current.name}`);
    for (const client of current.clients) {
      const wasThere = client.state === 'there';
      if (client.state !== 'gone') this.leave(client, 'gone');
      if (wasThere) this.connect(this.current, client);
    }
  }

  /** From now on the twin is what the address stands for; connections to the old one break. */
  failOver(): void {
    const { current } = this;
    const other = this.boots.findLast(({ server, isUp }) => server !== current.server && isUp);
    if (other === undefined) return;
    this.current = other;
    this.say(() => `the address stands for ${other.name} now`);
  }

  /** Everything that was begun is at its end. */
  calmDown(): void {
    for (const boot of this.boots) for (const client of boot.clients) if (client.running?.cut) this.end(client, 'cut');
    this.pass();
  }
}

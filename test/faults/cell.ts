import { setTimeout as sleep } from 'node:timers/promises';
import type { SecureContext } from 'node:tls';
import { sweepAudit } from '../../lib/audit/sweep.ts';
import { list, servicesFor } from '../engines/a-server.ts';
import { call, configOf, type Said, type Tagged } from './calls.ts';
import { type Ground, HELD, type Prey, theirs } from './ground.ts';
import { type Complaints, judge, judgeAlone, judgeRetry, judgeSweep } from './judge-cell.ts';
import { PacketDoor } from './packet-door.ts';
import type { Fault, Place, UseCase } from './places.ts';

/** One way to break one call. */
export interface Cell {
  readonly useCase: UseCase;
  readonly place: Place;
  readonly fault: Fault;
}

/** What a cell showed. Each complaint is a sentence. */
export interface CellResult {
  /** False where the call never came to the place. */
  readonly happened: boolean;
  readonly wrong: readonly string[];
  readonly lost: readonly string[];
  readonly left: number;
}

/** Where cells run: a server, one of its places, which no other cell uses meanwhile, and the certificate of its doors. */
export interface Bench {
  readonly ground: Ground;
  readonly slot: number;
  readonly secure: SecureContext;
  readonly ca: string;
  /** Is told at once what is wrong with an answer, whatever becomes of the server before the cell is over. */
  readonly heard: (complaints: Complaints) => void;
  /** How many times as long as is quick the limits of the call that is broken are. */
  readonly patience: number;
}

const LATE_MS = 30_000;
const VICTIMS: Readonly<Record<UseCase, readonly boolean[]>> = {
  list: [],
  'kill connection': [false],
  'kill query': [true],
  'bulk kill': [false, false, true],
  reap: [false, false],
};

/** The tags of the sessions, once the server lists each as what it does. */
async function tagged(services: Parameters<typeof list>[0], slot: number, prey: readonly Prey[]): Promise<Tagged[]> {
  for (let round = 0; round < 100; round++) {
    const views = prey.length === 0 ? [] : await list(services, { user: theirs(slot) });
    const found = prey.flatMap(({ client, isBusy }): Tagged[] => {
      const view = views.find(({ id }) => id === client.id);
      // A server may list the statement before it yet, whose answer has come.
      const held = HELD.test(view?.statement?.text ?? '') ? view?.statement?.tag : undefined;
      const tag = isBusy ? held : view?.statement === null ? view.tag : undefined;
      return tag === undefined ? [] : [{ id: client.id, isBusy, tag }];
    });
    if (found.length === prey.length) return found;
    await sleep(30);
  }
  throw new Error('the victims never looked as they should');
}

/** Breaks one call at one place, and compares what it said and what it recorded with what its victims saw. */
export async function runCell(
  { ground, slot, secure, ca, heard, patience }: Bench,
  { useCase, place, fault }: Cell,
): Promise<CellResult> {
  const isSlow = fault === 'slow';
  const direct = servicesFor(ground.urlOf(slot), configOf(slot, ca));
  const bystander = await ground.prey(slot, false, 'information_schema');
  const prey = await Promise.all(VICTIMS[useCase].map((isBusy) => ground.prey(slot, isBusy)));
  const sessions = await tagged(direct, slot, prey);
  const door = await PacketDoor.open({ port: Number(new URL(ground.url).port), place, fault, secure });
  try {
    const broken = servicesFor(
      throughDoor(ground, slot, door.port, place),
      configOf(slot, ca, isSlow ? undefined : patience),
    );
    const { audit } = broken;
    const services =
      place.step === 'intent'
        ? { ...broken, audit: { ...audit, beginAll: breaking(audit.beginAll, () => door.break()) } }
        : broken;
    const said = await Promise.race([call(useCase, services, slot, sessions), late(sessions)]);
    heard(judgeAlone({ said, sessions, records: [...audit.records] }));
    const left = await ground.left(slot);
    if (door.log.killPassed) await ended(prey);
    const truth = prey.map((one) => one.isEnded());
    const { happened, killPassed } = door.log;
    const records = [...audit.records];
    const seen = { said, truth, records, sessions, killPassed, isSlow };
    const complaints = judge(useCase, seen);

    await sweepAudit({ ...direct, audit }, { olderThan: -60 });
    complaints.lost.push(...judgeSweep(audit.records, sessions, truth));

    // What a retry must not end: the next statement of a session whose statement is gone.
    for (const one of prey)
      if (one.isBusy && one.isEnded() && one.isConnected()) void one.client.run('SELECT SLEEP(2)');
    // A kernel that is busy shows one whose statement waits for its turn as asleep.
    await tagged(
      direct,
      slot,
      prey.filter((one) => one.isBusy && !one.isEnded()),
    ).catch(() => {});
    const again = await call(useCase, direct, slot, sessions);
    await ended(prey);
    complaints.wrong.push(...judgeRetry(useCase, again, truth, prey));
    if (!(await bystander.client.isAlive())) complaints.wrong.push('another session was ended');
    return { happened, ...complaints, left: left + (await ground.left(slot)) };
  } finally {
    for (const one of [...prey, bystander]) one.client.close();
    door.close();
  }
}

const throughDoor = (ground: Ground, slot: number, port: number, { step }: Place): string => {
  const url = new URL(ground.urlOf(slot, port));
  if (step !== 'tls') return url.href;
  url.hostname = 'localhost';
  url.searchParams.set('tls', 'on');
  return url.href;
};

const breaking =
  <Arguments extends unknown[], Result>(work: (...args: Arguments) => Promise<Result>, breakIt: () => void) =>
  async (...args: Arguments): Promise<Result> => {
    breakIt();
    await sleep(20);
    return work(...args);
  };

async function late(sessions: readonly Tagged[]): Promise<readonly Said[]> {
  await sleep(LATE_MS, undefined, { ref: false });
  return [...sessions, sessions[0]].map(() => ({ outcome: null, code: 'no answer at all' }));
}

/** Waits for a moment until all are ended, since the server's word reaches them later than us. */
async function ended(prey: readonly Prey[]): Promise<void> {
  for (let round = 0; round < 40 && !prey.every((one) => one.isEnded()); round++) await sleep(25);
}

/** For the reports. */
export const nameOf = ({ useCase, place, fault }: Cell): string =>
  `${useCase}, ${place.step} ${place.moment}${place.packets === undefined ? '' : ` (${place.packets})`}, ${fault}`;

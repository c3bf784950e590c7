import { setImmediate as turn } from 'node:timers/promises';
import { afterEach, describe, expect, it } from 'vitest';
import { AppError } from '../../../../lib/errors.ts';
import type { Services } from '../../../../lib/services.ts';
import { watchTargets } from '../../../../local/serve/metrics.ts';
import { keepSchedule, type Schedule } from '../../../../local/serve/schedule.ts';
import { HandClock } from '../../../support/hand-clock.ts';
import { scriptedServices } from '../../../support/scripted-services.ts';
import { aSession } from '../../lib/reaper/a-session.ts';

const RULE = `reapers:
  - { name: idle, every: 5m, targets: ['*'], kill: connection, match: { user: app, idle: 5s }, victims: all, mode: enforce }
`;
const MINUTE = 60_000;
const schedules: Schedule[] = [];
afterEach(async () => {
  for (const schedule of schedules.splice(0)) await schedule.stop();
});

/** A schedule on two targets, and when each was opened. */
function onTwoTargets(config: string, fails: (target: string, opened: number) => boolean = () => false) {
  const { services, audit } = scriptedServices(config, { looks: [[aSession()], []] }, ['a', 'b']);
  const clock = new HandClock(Date.UTC(2026, 0, 1, 0, 0, 30));
  const opened: string[] = [];
  const open: Services['open'] = async (target, ...more) => {
    opened.push(`${target.name} ${new Date(clock.now()).toISOString().slice(14, 19)}`);
    const times = opened.filter((one) => one.startsWith(`${target.name} `)).length;
    if (fails(target.name, times)) throw new AppError('target-unreachable');
    return services.open(target, ...more);
  };
  const schedule = keepSchedule({ ...services, open }, clock);
  schedules.push(schedule);
  const pass = async (ms: number) => {
    await clock.pass(ms);
    for (let turns = 0; turns < 200; turns++) await turn();
  };
  return { clock, opened, audit, schedule, pass };
}

describe('the schedule of one machine', () => {
  it('runs a rule on each target when it is due, and not before', async () => {
    const { opened, pass } = onTwoTargets(RULE);
    for (let minute = 1; minute < 5; minute++) await pass(MINUTE);
    expect(opened).toEqual([]);
    await pass(MINUTE);
    expect(opened).toEqual(['a 05:30', 'b 05:30']);
  });

  it('runs once what a sleeping machine missed', async () => {
    const { opened, pass } = onTwoTargets(RULE);
    await pass(61 * MINUTE);
    expect(opened).toEqual(['a 01:30', 'b 01:30']);
  });

  it('tries a target that failed again later, and leaves the others alone', async () => {
    const { opened, pass } = onTwoTargets(RULE, (target, times) => target === 'a' && times < 3);
    await pass(5 * MINUTE);
    await pass(9_000);
    expect(opened).toEqual(['a 05:30', 'b 05:30']);
    await pass(1_000);
    await pass(20_000);
    await pass(60_000);
    expect(opened.filter((one) => one.startsWith('a'))).toEqual(['a 05:30', 'a 05:40', 'a 06:00']);
    expect(opened.filter((one) => one.startsWith('b'))).toEqual(['b 05:30']);
  });

  it('gives up what is late by then, and runs the next one', async () => {
    const { opened, pass } = onTwoTargets(RULE.replace('5m', '1m'), (target) => target === 'a');
    for (let seconds = 0; seconds < 180; seconds += 5) await pass(5_000);
    const tries = opened.filter((one) => one.startsWith('a'));
    // Each minute's first try, and those after 10 and 20 seconds more.
    expect(tries.length).toBeGreaterThanOrEqual(6);
    expect(opened.filter((one) => one.startsWith('b'))).toHaveLength(3);
  });

  it('plans no end while every kill is stopped', async () => {
    const { opened, pass } = onTwoTargets(`stop: true\n${RULE}`);
    await pass(10 * MINUTE);
    expect(opened).toEqual([]);
  });

  it('waits at its end for what is on its way, and begins nothing more', async () => {
    const { opened, audit, clock, schedule } = onTwoTargets(RULE);
    await clock.pass(5 * MINUTE);
    while (opened.length < 2) await turn();
    await schedule.stop();
    expect(audit.records.map(({ outcome }) => outcome)).toEqual(['terminated']);
    await clock.pass(60 * MINUTE);
    expect(opened).toHaveLength(2);
  });
});

describe('the look at targets', () => {
  it('tells of each whether it was reached, and how full it is', async () => {
    const { services } = scriptedServices('reapers: []', { looks: [[aSession(), aSession({ id: '1' })]] }, ['a', 'b']);
    const open: Services['open'] = async (target, ...more) => {
      if (target.name === 'b') throw new AppError('target-unreachable');
      const database = await services.open(target, ...more);
      return { ...database, connections: async () => ({ most: 100, used: null }) };
    };
    const clock = new HandClock(0);
    const watch = watchTargets({ ...services, open }, ['a', 'b'], clock);
    await watch.look();
    const at = new Date(0).toISOString();
    expect(Object.fromEntries(watch.seen)).toEqual({
      a: { at, problem: null, sessions: { asleep: 1, active: 0 }, connections: { most: 100, used: 2 } },
      b: { at, problem: 'target-unreachable' },
    });
    await watch.stop();
  });
});

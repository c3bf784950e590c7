import { describe, expect, it } from 'vitest';
import { parseConfig } from '../../../../lib/config/config.ts';
import { heldBy } from '../../../../lib/reaper/limits.ts';
import { durationSeconds, inWords, percentFraction, sizeBytes } from '../../../../lib/reaper/units.ts';
import { aReaper } from './a-session.ts';

const load = (lines: string, now = new Date('2026-11-24T12:00:00Z')) =>
  parseConfig(`reapers:\n  - name: a\n    targets: ['*']\n    kill: connection\n    ${lines}\n`, 'w.yaml', { now });

describe('a rule is refused, with its line and what to write', () => {
  it.each([
    ['match: {}', 'at least one condition'],
    ['match: { idle: 10 }', '10m'],
    ['match: { idle: 10m, usr: x }', 'usr'],
    ['match: { any: [] }', 'at least one condition'],
    ['match: { any: [{}] }', 'at least one condition'],
    ['match: { user: [] }', 'at least one pattern'],
    ["match: { info: '/(?=x)/' }", 'RE2'],
    ['match: { host: 10.0.0.0/33 }', 'more bits'],
    ['match: { user: x }\n    limits: { share: 101% }', 'at most 100%'],
    ['match: { user: x }\n    limits: { share: 0% }', 'more than 0%'],
    ['match: { user: x }\n    until: 2026-11-23', 'past'],
    ['match: { user: x }\n    until: 2026-02-30', 'day'],
    ['match: { user: x }\n    every: 10s', '60s'],
    ['match: { user: x }\n    escalateAfter: 5s', 'kill: query'],
    ['match: { user: x }\n    mode: yes', 'dry-run or enforce'],
    ['match: { user: x }\n    when: { blocking: false }', 'true'],
    ['victims: all', 'match'],
  ])('%s', (lines, says) => {
    expect(() => load(lines)).toThrow(
      expect.objectContaining({ code: 'configuration-invalid', detail: expect.stringContaining(says) }),
    );
    expect(() => load(lines)).toThrow(expect.objectContaining({ detail: expect.stringMatching(/^w\.yaml:\d+: /) }));
  });

  it('where another bears its name', () => {
    const one = "  - { name: a, targets: ['*'], kill: query, match: { user: x } }\n";
    expect(() => parseConfig(`reapers:\n${one}${one}`, 'w.yaml')).toThrow(
      expect.objectContaining({ detail: expect.stringMatching(/^w\.yaml:3: .*twice/) }),
    );
  });
});

it('ends nothing and one at a time unless it says more', () => {
  expect(load('match: { user: x }').reapers[0]).toMatchObject({
    mode: 'dry-run',
    victims: 'oldest',
    limits: { perRun: 100 },
    confirm: 0,
    every: 300,
  });
});

it('is taken on its last day, and by what already runs also after it', () => {
  const lines = 'match: { user: x }\n    until: 2026-11-24';
  expect(load(lines).reapers).toHaveLength(1);
  const late = { now: new Date('2026-11-25T00:00:00Z'), allowExpired: true };
  const text = `reapers:\n  - { name: a, targets: ['*'], kill: query, match: { user: x }, until: '2026-11-24' }\n`;
  expect(parseConfig(text, 'w.yaml', late).reapers).toHaveLength(1);
});

it('is held past its limits, and not at them', () => {
  const reaper = aReaper({ limits: { perRun: 10, share: '25%' } });
  expect(heldBy(reaper, 10, 40)).toBeNull();
  expect(heldBy(reaper, 11, 1_000)).toMatch(/perRun/);
  expect(heldBy(reaper, 10, 39)).toMatch(/share: 10 of 39 sessions are 25.64%, at most 25%/);
  expect(heldBy(aReaper({ limits: { perRun: 100, share: '25%' } }), 26, 100)).toMatch(/share/);
});

it('reads durations, shares and sizes with their units only', () => {
  expect(['90s', '10m', '2h', '1d', '5 minutes', '1 hour'].map(durationSeconds)).toEqual([
    90, 600, 7_200, 86_400, 300, 3_600,
  ]);
  expect(['10', '1.5h', '-1s', '1w', ' 1s', '１s', '10 m', '5 minutess'].map(durationSeconds)).toEqual(
    Array(8).fill(undefined),
  );
  expect(['25%', '100 %', '0.5%', '0%', '101%', '25', '1e1%'].map(percentFraction)).toEqual([
    0.25,
    1,
    0.005,
    undefined,
    undefined,
    undefined,
    undefined,
  ]);
  expect(['1KB', '1 KiB', '2GB', '5B', '1', '1TB'].map(sizeBytes)).toEqual([
    1_000,
    1_024,
    2e9,
    5,
    undefined,
    undefined,
  ]);
  expect([0, 59, 60, 3_661, 90_000].map(inWords)).toEqual(['0s', '59s', '1m', '1h 1m', '1d 1h']);
});

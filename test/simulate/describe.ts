import { table } from '../bench/report.ts';
import { monthlyCost, ptKillMachine } from './cost.ts';
import type { Inputs } from './inputs.ts';
import type { Measured, Run } from './measured.ts';
import type { Usage } from './model.ts';

const at = (sorted: readonly number[], share: number): number =>
  sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? Number.NaN;
const seconds = (value: number): string => `${value.toFixed(value < 10 ? 2 : 1)} s`;
const usd = (value: number): string => (Number.isNaN(value) ? '–' : `$${value.toFixed(2)}`);
const whole = (value: number): string => Math.round(value).toLocaleString('en-US');
const spread = (runs: readonly Run[], of: (run: Run) => number): string => {
  const sorted = runs.map(of).toSorted((a, b) => a - b);
  return `${at(sorted, 0.5).toFixed(1)} / ${at(sorted, 0.99).toFixed(1)}`;
};
const mean = (runs: readonly Run[], of: (run: Run) => number): string =>
  (runs.reduce((sum, run) => sum + of(run), 0) / runs.length).toFixed(1);

/** What went in: the measured runs. */
export function describeMeasured({ date, machine, roundTrip, victims, engines, ptKill }: Measured): string {
  const rows = engines.flatMap(({ engine, quiet, busy }) =>
    (
      [
        ['nothing to end', quiet],
        [`${victims} sessions ended`, busy],
      ] as const
    ).map(([what, runs]) => [
      engine,
      what,
      spread(runs, ({ took }) => took),
      spread(runs, ({ cpu }) => cpu),
      mean(runs, ({ writeUnits }) => writeUnits),
    ]),
  );
  const head = ['engine', 'run', 'ms, p50 / p99', 'processor ms, p50 / p99', 'DynamoDB write units'];
  return `Measured ${date} on ${machine}: real servers ${roundTrip} ms away, stop and record in DynamoDB Local; pt-kill ${ptKill.version}, ${ptKill.daemons} at once: ${(ptKill.bytes / 2 ** 20).toFixed(1)} MiB and ${ptKill.cpuEachLook.toFixed(1)} ms of processor for each look.

${table(head, rows)}`;
}

/** What comes out, a column for each size of the fleet. */
export function describeUsages(usages: readonly Usage[], inputs: Inputs, measured: Measured): string {
  const row = (what: string, of: (usage: Usage) => string) => [what, ...usages.map(of)];
  const perMinute = (value: number, { minutes }: Usage) => whole(value / minutes);
  const head = ['', ...usages.map(({ targets }) => `${whole(targets)} targets`)];
  const lateness = (share: number) => (usage: Usage) => seconds(at(usage.lateness, share));
  const play = table(head, [
    row('workers at once, most / mean', ({ peak, mean: average }) => `${peak} / ${average.toFixed(2)}`),
    row('lateness, p50', lateness(0.5)),
    row('lateness, p99', lateness(0.99)),
    row('lateness, most', lateness(1)),
    row('not done before the next was due', ({ missed }) => whole(missed)),
    row('calls of workers a minute', (usage) => perMinute(usage.batches, usage)),
    row('seconds of workers a minute', (usage) => (usage.workerSeconds / usage.minutes).toFixed(1)),
    row('SQS requests a minute', (usage) => perMinute(usage.sqsRequests, usage)),
    row(
      'DynamoDB units a minute, written / read',
      (usage) => `${perMinute(usage.writeUnits, usage)} / ${perMinute(usage.readUnits, usage)}`,
    ),
    row('sessions ended a minute', (usage) => perMinute(usage.ended, usage)),
  ]);
  const bills = usages.map((usage) => monthlyCost(usage, inputs));
  const sum = (bill: (typeof bills)[number]) => bill.reduce((total, { cost }) => total + cost, 0);
  const bill = table(
    ['a month', ...head.slice(1)],
    [
      ...(bills[0] ?? []).map(({ what, unit }, line) => [
        what,
        ...bills.map((lines) => `${usd(lines[line]?.cost ?? 0)} (${whole(lines[line]?.amount ?? 0)} ${unit})`),
      ]),
      ['**together**', ...bills.map((lines) => `**${usd(sum(lines))}**`)],
    ],
  );
  const machines = usages.map(({ targets }) => ptKillMachine(targets, inputs, measured));
  const daemons = table(
    ['one machine, a pt-kill for each', ...head.slice(1)],
    [
      ['memory', ...machines.map(({ gib }) => `${gib.toFixed(1)} GiB`)],
      ['processors', ...machines.map(({ cpus }) => cpus.toFixed(2))],
      ['smallest machine that has both', ...machines.map(({ machine }) => machine)],
      ['a month', ...machines.map(({ cost }) => `**${usd(cost)}**`)],
    ],
  );
  return [play, bill, daemons].join('\n\n');
}

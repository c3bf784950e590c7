import type { Inputs } from './inputs.ts';
import type { Measured } from './measured.ts';
import type { Usage } from './model.ts';

/** Minutes of a month of 365/12 days. */
const MONTH = 43_800;
const GIB = 2 ** 30;

/** One line of a month's bill. */
export interface CostLine {
  readonly what: string;
  readonly amount: number;
  readonly unit: string;
  /** USD. */
  readonly cost: number;
}

/** What a simulated fleet costs in a month, by the prices of the inputs. */
export function monthlyCost(usage: Usage, { prices, lambda }: Inputs): readonly CostLine[] {
  const months = MONTH / usage.minutes;
  const planners = MONTH;
  const calls = usage.batches * months + planners;
  const gbSeconds = ((usage.workerSeconds + usage.plannerSeconds) * months * lambda.memoryMb) / 1024;
  const line = (what: string, amount: number, unit: string, price: number): CostLine => ({
    what,
    amount,
    unit,
    cost: amount * price,
  });
  return [
    line('Lambda, calls', calls, 'calls', prices.lambdaRequest),
    line('Lambda, time', gbSeconds, 'GB-seconds', prices.lambdaGbSecond),
    line('SQS', usage.sqsRequests * months, 'requests', prices.sqsRequest),
    line('DynamoDB, writes', usage.writeUnits * months, 'units', prices.dynamoWriteUnit),
    line('DynamoDB, reads', usage.readUnits * months, 'units', prices.dynamoReadUnit),
    line('Secrets Manager', usage.secretsCalls * months, 'calls', prices.secretsCall),
    line('Scheduler', planners, 'calls', prices.schedulerCall),
    line('Logs', (calls * lambda.logBytes) / GIB, 'GiB', prices.logGb),
    line('Interface endpoints', (prices.endpoints * MONTH) / 60, 'hours', prices.endpointHour),
  ];
}

/** What one machine needs that runs a pt-kill for each target, and the smallest that has it. */
export function ptKillMachine(
  targets: number,
  { machines, systemGib, fleet }: Inputs,
  { ptKill }: Measured,
): {
  readonly gib: number;
  readonly cpus: number;
  readonly machine: string;
  /** USD a month. */
  readonly cost: number;
} {
  const gib = systemGib + (targets * ptKill.bytes) / GIB;
  const cpus = (targets * ptKill.cpuEachLook) / 1000 / fleet.every;
  const fit = machines.find((one) => one.gib >= gib && one.cpus >= cpus);
  return fit === undefined
    ? { gib, cpus, machine: 'none of the list', cost: Number.NaN }
    : { gib, cpus, machine: fit.name, cost: (fit.hour * MONTH) / 60 };
}

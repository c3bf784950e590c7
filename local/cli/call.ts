import type { Line } from '../../lib/pictures/lines.ts';
import { durationSeconds } from '../../lib/reaper/units.ts';
import type { Api, Asked, Send } from './api/api.ts';
import type { Where } from './api/choose-api.ts';
import { Problem, UsageError } from './help.ts';
import { print, printText, type World } from './terminal.ts';

/** What every command that asks the API takes. */
export interface CommonOptions extends Where {
  readonly target?: string;
  readonly json?: boolean;
}

/** One run of a command. */
export interface Call<Options extends CommonOptions = CommonOptions> {
  readonly world: World;
  readonly api: Api;
  readonly options: Options;
}

/** 0 done; 1 refused, failed, or something is missing. */
export type ExitCode = 0 | 1;

/** The target that the command line means. @throws UsageError */
export function targetOf({ world, api, options }: Call): string {
  const target = options.target ?? (world.env['WARDEN_TARGET'] || api.target);
  if (target === undefined)
    throw new UsageError('write --target NAME, or set WARDEN_TARGET; warden targets lists them');
  return target;
}

/** What a request says of the command line's target. @throws UsageError */
export const onTarget = (call: Call) => ({ target: targetOf(call) });

/** Seconds of `90s`, `5m`, `2h` or `1d`. @throws UsageError */
export function secondsOf(option: string, text: string): number {
  const seconds = durationSeconds(text);
  if (seconds === undefined) throw new UsageError(`${option}: write a duration with its unit, such as 90s, 5m or 2h`);
  return seconds;
}

/** A whole number of a command line. @throws UsageError */
export function numberOf(option: string, text: string, least: number, most: number): number {
  const number = /^\d{1,9}$/.test(text) ? Number(text) : Number.NaN;
  if (number >= least && number <= most) return number;
  throw new UsageError(`${option}: write a whole number from ${least} to ${most}`);
}

/** Prints JSON as programs read it. */
export const printJson = (world: World, value: unknown): void => printText(world, JSON.stringify(value, null, 2));

/** Sends, and throws what is a problem; with `--json` that is printed too. @throws Problem */
export async function asked<Data>(call: Call, send: Send<Data>): Promise<Asked<NonNullable<Data>>> {
  try {
    return await call.api.ask(send);
  } catch (error) {
    if (call.options.json && error instanceof Problem) printJson(call.world, error.body);
    throw error;
  }
}

/** Sends a request and shows its answer: with `--json` exactly as it came. */
export async function show<Data>(
  call: Call,
  send: Send<Data>,
  render: (data: NonNullable<Data>) => readonly Line[],
  codeOf: (data: NonNullable<Data>) => ExitCode = () => 0,
): Promise<ExitCode> {
  const { body, data } = await asked(call, send);
  if (call.options.json) printJson(call.world, body);
  else print(call.world, render(data));
  return codeOf(data);
}

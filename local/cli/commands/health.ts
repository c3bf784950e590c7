import type { Line } from '../../../lib/pictures/lines.ts';
import { type Health, healthSchema } from '../api/answers.ts';
import { asked, type Call, type CommonOptions, type ExitCode, onTarget, printJson, show } from '../call.ts';
import { counted, undecided } from '../view/session-table.ts';

/** Options of `warden health`. */
export interface HealthOptions extends CommonOptions {
  readonly oceanbase?: boolean;
}

const unreachable = ({ target, problem }: Health): Line =>
  [`${target} cannot be reached: ${problem?.code}.`, problem?.detail, problem?.hint].filter(Boolean).join(' ');

function load({ connections, running, waiting }: Health): readonly Line[] {
  if (connections == null && running == null && waiting == null) return [];
  const used =
    connections == null
      ? 'connections not known'
      : `${connections.used.toLocaleString('en-US')} of ${counted(connections.most, 'connection')} used`;
  const told = (count: number | null | undefined, what: string) =>
    count == null ? `${what} not known` : `${count.toLocaleString('en-US')} ${what}`;
  return [`${used}, ${told(running, 'running')}, ${told(waiting, 'waiting for a lock')}`];
}

function inWords(health: Health): readonly Line[] {
  if (!health.reachable) return [unreachable(health)];
  return [
    `${health.target}: ${health.engine} ${health.version}, ${health.latencyMs} ms`,
    ...load(health),
    ...(health.encryption?.weakness ? [health.encryption.weakness] : []),
    ...health.missing.flatMap(({ name, effect, grant }) => [`missing ${name}: ${effect}`, `  ${grant};`]),
    ...health.undecidable.flatMap(({ reaper, field, why, grants }) => [
      `reaper ${reaper}: ${undecided({ field, why })}`,
      ...grants.map((grant) => `  ${grant};`),
    ]),
  ];
}

const codeOf = ({ reachable, missing }: Health): ExitCode => (reachable && missing.length === 0 ? 0 : 1);

const request = (call: Call) => ({ method: 'GET', path: onTarget(call, 'health') });

/** `warden health`: how a target is, and what our account lacks. */
export async function health(call: Call<HealthOptions>): Promise<ExitCode> {
  if (!call.options.oceanbase) return show(call, request(call), healthSchema, inWords, codeOf);
  const { survey } = await import('./survey.ts');
  const { answer } = await asked(call, request(call), healthSchema);
  printJson(call.world, { health: answer.body, survey: await survey(call) });
  return 0;
}

/** `warden grants`: what a DBA runs so that our account lacks nothing on a target. */
export const missingGrants = (call: Call): Promise<ExitCode> =>
  show(
    call,
    request(call),
    healthSchema,
    (found) => (found.reachable ? found.missing.map(({ grant }) => `${grant};`) : [unreachable(found)]),
    codeOf,
  );

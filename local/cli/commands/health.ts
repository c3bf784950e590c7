import type { TargetHealth as Health } from '../../../client/api.d.ts';
import { type Line, NOT_KNOWN } from '../../../lib/pictures/lines.ts';
import type { Send } from '../api/api.ts';
import { orNotSaid } from '../api/read-answer.ts';
import { asked, type Call, type CommonOptions, type ExitCode, onTarget, printJson, show, targetOf } from '../call.ts';
import { UsageError } from '../help.ts';
import { counted, undecided } from '../view/session-table.ts';

/** Options of `warden health`. */
export interface HealthOptions extends CommonOptions {
  readonly oceanbase?: boolean;
}

const unreachable = ({ target, problem }: Health): Line =>
  [`${target} cannot be reached: ${problem?.code}.`, problem?.detail, problem?.hint].filter(Boolean).join(' ');

function load(health: Health): readonly Line[] {
  const { connections, running, waiting } = {
    connections: orNotSaid(() => health.connections, null),
    running: orNotSaid(() => health.running, null),
    waiting: orNotSaid(() => health.waiting, null),
  };
  if (connections === null && running === null && waiting === null) return [];
  const used =
    connections === null
      ? 'connections not known'
      : `${connections.used.toLocaleString('en-US')} of ${counted(connections.most, 'connection')} used`;
  const told = (count: number | null, what: string) =>
    count === null ? `${what} not known` : `${count.toLocaleString('en-US')} ${what}`;
  return [`${used}, ${told(running, 'running')}, ${told(waiting, 'waiting for a lock')}`];
}

function inWords(health: Health): readonly Line[] {
  if (!health.reachable) return [unreachable(health)];
  const weakness = orNotSaid(() => health.encryption?.weakness, 'Whether the connection is encrypted is not known.');
  return [
    `${health.target}: ${orNotSaid(() => `${health.engine} ${health.version}`, NOT_KNOWN)}, ${orNotSaid(() => `${health.latencyMs} ms`, NOT_KNOWN)}`,
    ...load(health),
    ...(weakness ? [weakness] : []),
    ...health.missing.flatMap(({ name, effect, grant }) => [`missing ${name}: ${effect}`, `  ${grant};`]),
    ...health.undecidable.flatMap(({ reaper, field, why, grants }) => [
      `reaper ${reaper}: ${undecided({ field, why })}`,
      ...grants.map((grant) => `  ${grant};`),
    ]),
  ];
}

const codeOf = ({ reachable, missing }: Health): ExitCode => (reachable && missing.length === 0 ? 0 : 1);

const looked =
  (call: Call): Send<Health> =>
  (api) =>
    api.GET('/targets/{target}/health', { params: { path: onTarget(call) } });

/** How an OceanBase cluster is built, for a report: versions, columns, kinds of IDs, limits. @throws UsageError, AppError */
async function survey(call: Call): Promise<unknown> {
  const { env } = call.world;
  if (call.options.api || env['WARDEN_API'] || !(env['DATABASE_URL'] || env['TARGETS']))
    throw new UsageError('--oceanbase reads the database itself: set DATABASE_URL, and no --api');
  const [{ servicesHere }, { targetsFromEnvironment }, { onTarget: openTarget }] = await Promise.all([
    import('../api/in-process.ts'),
    import('../../../lib/targets/database-url.ts'),
    import('../../../lib/targets/with-target.ts'),
  ]);
  const services = servicesHere(env, targetsFromEnvironment(env));
  try {
    return await openTarget(services, { target: targetOf(call) }, (database) => database.survey());
  } finally {
    services.close();
  }
}

/** `warden health`: how a target is, and what our account lacks. */
export async function health(call: Call<HealthOptions>): Promise<ExitCode> {
  if (!call.options.oceanbase) return show(call, looked(call), inWords, codeOf);
  const { body } = await asked(call, looked(call));
  printJson(call.world, { health: body, survey: await survey(call) });
  return 0;
}

/** `warden grants`: what a DBA runs so that our account lacks nothing on a target. */
export const missingGrants = (call: Call): Promise<ExitCode> =>
  show(
    call,
    looked(call),
    (found) => (found.reachable ? found.missing.map(({ grant }) => `${grant};`) : [unreachable(found)]),
    codeOf,
  );

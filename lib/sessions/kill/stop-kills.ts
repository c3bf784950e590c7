import type { AuditOutcome, Named } from '../../audit/audit.ts';
import { AppError } from '../../errors.ts';
import { resolveAccess } from '../../privileges/access-rules.ts';
import type { Principal } from '../../privileges/principal.ts';
import type { Services } from '../../services.ts';
import { recordAttempts } from '../on-record.ts';
import { named, toBareIntent } from './intent.ts';

/** Whether every kill is stopped; by whom, why and since when is `null` where none is, and where the configuration stops them. */
export interface StopView {
  readonly stopped: boolean;
  readonly by: Named | null;
  readonly reason: string | null;
  readonly since: string | null;
}

/** Who stopped and since when, to stand behind a verb: ` by ada, since …`; nothing where the configuration stops. */
export const byWhom = ({ by, since }: StopView): string => (by === null ? '' : ` by ${by.subject}, since ${since}`);

/** Who wants to see, throw or end the stop. */
export interface StopRequest {
  readonly principal: Principal;
  readonly reason: string | null;
  readonly correlationId: string;
}

type Needed = Pick<Services, 'config' | 'targets' | 'audit' | 'stops'>;

/** What a record of a stop has for its target: all of them. */
const EVERY_TARGET = '*';
const DONE: AuditOutcome = { outcome: 'done', proven: true, detail: null };
const IN_CONFIGURATION = 'stop: true in warden.yaml';

/** @throws AppError `privilege-needed`, `state-unavailable` where it cannot be read: then every kill is stopped */
export async function showStop(services: Needed, request: Pick<StopRequest, 'principal'>): Promise<StopView> {
  await authorize(services, request.principal);
  return view(services);
}

/**
 * Stops every kill of every kind, at once and for all functions. It holds before it is on record: a table that fails must not
 * keep anybody from stopping.
 *
 * @throws AppError `privilege-needed`, `state-unavailable`, `audit-unavailable` where it holds and is not on record
 */
export async function stopKills(services: Needed, request: StopRequest & { readonly reason: string }) {
  await authorizeOnRecord(services, request, 'stop');
  const { principal, reason } = request;
  await services.stops.put({ by: named(principal), reason, since: new Date().toISOString() });
  await services.audit.finish(await begin(services, request, 'stop'), DONE);
  return view(services);
}

/**
 * Ends the stop, no matter who started it and how often, for a person and never for an agent. Not without a record, like a kill; the configuration's own stays.
 *
 * @throws AppError `privilege-needed`, `approval-needed`, `state-unavailable`, `audit-unavailable`: every kill is stopped as before
 */
export async function resumeKills(services: Needed, request: StopRequest): Promise<StopView> {
  await authorizeOnRecord(services, request, 'resume');
  if (request.principal.agent !== undefined) {
    const context = { ...request, target: EVERY_TARGET };
    await recordAttempts(services.audit, context, [{ id: null, kind: 'resume' }], 'approval-needed');
    throw new AppError('approval-needed', { detail: 'An agent may stop kills, but only a person lets them go on.' });
  }
  const id = await begin(services, request, 'resume');
  await services.stops.remove();
  await services.audit.finish(id, DONE);
  return view(services);
}

const begin = ({ audit }: Needed, request: StopRequest, kind: 'stop' | 'resume'): Promise<string> =>
  audit.begin(toBareIntent({ id: null, kind }, { ...request, target: EVERY_TARGET }));

async function view({ config, stops }: Needed): Promise<StopView> {
  const stop = await stops.read();
  if (stop !== undefined) return { stopped: true, ...stop };
  return { stopped: config.stop, by: null, reason: config.stop ? IN_CONFIGURATION : null, since: null };
}

/** An attempt that is not allowed is recorded. */
async function authorizeOnRecord(services: Needed, request: StopRequest, kind: 'stop' | 'resume'): Promise<void> {
  await authorize(services, request.principal).catch(async (error: unknown) => {
    const context = { ...request, target: EVERY_TARGET };
    await recordAttempts(services.audit, context, [{ id: null, kind }], 'privilege-needed');
    throw error;
  });
}

/** SUPER on every target, by the access rules alone: no database need answer for kills to be stopped. Where there is no target, no one has it. */
async function authorize({ config, targets }: Needed, principal: Principal): Promise<void> {
  const none = async () => ({ process: false, super: false });
  const names = (await targets.list()).map(({ name }) => name);
  const held = await Promise.all(names.map((name) => resolveAccess(config.access, principal, name, none)));
  if (names.length > 0 && held.every((access) => access.super)) return;
  throw new AppError('privilege-needed', { detail: 'It takes SUPER on every target, by access rules that say so.' });
}

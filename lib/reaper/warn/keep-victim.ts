import { AppError, type ErrorCode } from '../../errors.ts';
import type { Principal } from '../../privileges/principal.ts';
import type { Services } from '../../services.ts';
import { toIntent } from '../../sessions/kill/intent.ts';
import { previewKills } from '../../sessions/kill/preview-kills.ts';
import type { Session, SessionId } from '../../sessions/session.ts';
import type { Keeping } from '../../state/warning-store.ts';
import { count } from '../../telemetry/samples.ts';
import type { Warn } from '../policy-schema.ts';
import { reaperFor } from '../reap.ts';
import { inWords } from '../units.ts';

/** A person's wish to keep a session that a reaper has warned of. */
export interface KeepRequest {
  readonly principal: Principal;
  readonly target: string;
  readonly reaper: string;
  readonly id: SessionId;
  /** The session's. */
  readonly tag: string;
  /** See {@link import('../../state/warning-store.ts').warningName}. */
  readonly warning: string;
  readonly correlationId: string;
}

/** Errors that say that the session of the tag is there no more. */
const GONE: readonly ErrorCode[] = ['session-not-found', 'tag-mismatch'];

/**
 * Keeps a victim from its reaper for as long as the rule says. The people who may are those who could end it: its owner, or someone with
 * SUPER; a refusal goes on record, as does who kept what.
 *
 * @throws AppError `reaper-not-found`, `target-not-found`, `not-allowed`, `protected`, `audit-unavailable` and
 * `state-unavailable`, where nothing was kept, and the `target-…` family
 */
export async function keepVictim(services: Services, request: KeepRequest): Promise<Keeping> {
  const { principal, target, id, tag, correlationId } = request;
  const reaper = reaperFor(services, request.reaper, target);
  const { warn } = reaper;
  if (warn === undefined) return { end: 'gone' };
  const reason = `keep for ${inWords(warn.keep)}`;
  const context = { principal, target, reason, correlationId, escalateAfter: null, reaper: reaper.name };
  const [preview] = await previewKills(services, context, [{ id, kind: 'connection', tag }], true);
  if (preview?.may === 'not') {
    if (GONE.includes(preview.error.code)) return { end: 'gone' };
    throw preview.error;
  }
  if (preview === undefined || preview.may === 'nothing-running') throw new AppError('internal');
  const { rule, session } = preview;
  return keep(services, request, warn, { ...context, rule, kind: reaper.kill, session });
}

type Wish = Parameters<typeof toIntent>[2] & { readonly kind: 'connection' | 'query'; readonly session: Session };

async function keep(services: Services, { warning, principal }: KeepRequest, warn: Warn, wish: Wish): Promise<Keeping> {
  const { warnings } = await services.reaperChat();
  const now = Date.now();
  const before = (await warnings.read([warning])).get(warning);
  if (before === undefined) return { end: 'gone' };
  // Many may press at once: only a press that may count goes on record.
  if (before.keptUntil !== null && before.keptUntil > now) return { end: 'kept-before', warning: before };
  const auditId = await services.audit.begin(toIntent(wish.session, wish.kind, wish));
  const until = now + warn.keep * 1000;
  const seconds = 2 * (warn.keep + warn.before) + 86_400;
  const keeping = await warnings.keep(warning, { until, by: principal.subject, most: warn.extensions, seconds });
  const outcome =
    keeping.end === 'kept'
      ? {
          outcome: 'kept' as const,
          proven: true,
          detail: `until ${new Date(until).toISOString()}, ${keeping.warning.extensions} of ${warn.extensions}`,
        }
      : { outcome: 'refused' as const, proven: false, detail: `keep: ${keeping.end}` };
  if (keeping.end === 'kept') count('Warnings', { step: 'kept' });
  // It is kept whatever becomes of this: an intent that stays open is the sweep's.
  await services.audit.finish(auditId, outcome).catch(() => {});
  return keeping;
}

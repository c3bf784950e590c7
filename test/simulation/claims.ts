import type { AuditOutcome } from '../../lib/audit/audit.ts';
import type { KillKind } from '../../lib/sessions/session.ts';
import type { EngineModel } from './engines.ts';
import type { Seen } from './rows.ts';
import type { Client, Execution } from './world.ts';

/** A KILL of ours that reached somebody. */
export interface Hit {
  readonly kind: KillKind;
  /** Who was meant. */
  readonly meant: Seen;
  readonly client: Client;
  /** The statement that took it; `null` where none ran, and for a connection. */
  readonly execution: Execution | null;
}

export type Claim = Pick<AuditOutcome, 'outcome' | 'proven'>;

const isGone = ({ state }: Client): boolean => state === 'gone';

/** What a claim about one kill says that is not true; `undefined` where all of it is. */
export function untruth(
  { outcome, proven }: Claim,
  kind: KillKind,
  { client, execution }: Seen,
  hits: readonly Hit[],
  engine: EngineModel,
): string | undefined {
  const ours = hits.filter(({ meant }) => meant.client === client);
  const hasHit = ours.some((hit) => hit.kind === kind && (kind === 'connection' || hit.execution !== null));
  const seesAll = engine.rollsBack !== 'unseen';
  switch (outcome) {
    case 'terminated':
      if (isGone(client)) return undefined;
      if (!proven && !seesAll && client.state !== 'there') return undefined;
      return client.state === 'there' ? `${client.name} is still there` : `${client.name} is still rolled back`;
    case 'query-cancelled':
      if (execution === null) return undefined;
      if (execution.end === null) return `${execution.name} still runs`;
      return proven && execution.end.by !== 'cut' ? `${execution.name} ended by ${execution.end.by}` : undefined;
    case 'already-gone':
      if (kind === 'connection') {
        if (ours.some((hit) => hit.kind === 'connection')) return `we have killed ${client.name}`;
        if (isGone(client) || (!proven && client.state !== 'there')) return undefined;
        return `${client.name} is ${client.state}`;
      }
      if (execution === null) return undefined;
      if (execution.end === null) return `${execution.name} still runs`;
      // That somebody else cut one which then ends without an error, no record tells.
      if (!proven || execution.end.by !== 'cut') return undefined;
      return ours.some((hit) => hit.execution === execution) ? `we have cut ${execution.name}` : undefined;
    case 'cut-another': {
      // A KILL that came when nothing ran may hit what runs next.
      const isStray = (other: Execution): boolean => other.cut !== null && ours.some((hit) => hit.execution === null);
      const others = client.ended.filter((other) => other !== execution);
      // Unproven it may have been cut by somebody else.
      if (!proven && others.some((other) => other.cut !== null)) return undefined;
      const hasCut = others.some((other) => isStray(other) || ours.some((hit) => hit.execution === other));
      return hasCut ? undefined : 'we have cut none';
    }
    case 'changed':
    case 'refused':
    case 'failed':
    case 'nothing-running':
      return hasHit ? 'our KILL has reached it' : undefined;
    default:
      return undefined;
  }
}

import type { Principal } from '../privileges/principal.ts';
import type { Services } from '../services.ts';
import type { AuditRecord } from './audit.ts';

export interface ListAuditRequest {
  readonly principal: Principal;
  readonly query: {
    readonly target?: string;
    /** A principal's subject. */
    readonly principal?: string;
    readonly from?: string;
    readonly to?: string;
    readonly limit: number;
    readonly cursor?: string;
  };
}

/** Audit records, newest first: those of targets where the principal has PROCESS, and the principal's own. */
export async function listAudit(
  _services: Services,
  _request: ListAuditRequest,
): Promise<{ readonly records: readonly AuditRecord[]; readonly next: string | null }> {
  throw new Error('not yet');
}

import * as z from 'zod/mini';
import { AppError, ERRORS } from '../errors.ts';
import { decodeCursor, encodeCursor } from '../page-cursor.ts';
import { type Access, isOwn, resolveAccess } from '../privileges/access-rules.ts';
import type { Principal } from '../privileges/principal.ts';
import type { Services } from '../services.ts';
import { type AuditQuery, type AuditRecord, NO_FACTS } from './audit.ts';

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

/** Records read from the store at once, and how often for one page: what a caller may not see must be read over. */
const STORE_PAGE = 200;
const MAX_STORE_PAGES = 20;
const timeSchema = z.union([z.iso.datetime({ offset: true }), z.iso.date()]);
const ULID = /^[0-7][0-9A-HJKMNP-TV-Z]{25}$/;

/**
 * Audit records, newest first: those of targets where the principal has PROCESS by the access rules, and the
 * principal's own. Without PROCESS its own tell nothing of a session whose user is not its own, whenever they were written:
 * what was asked for and what became of it, and no more. No database is asked, so PROCESS that a rule takes
 * `from-database` does not count here. A page may hold fewer records than `limit`, even none, and still have a `next`:
 * follow it until it is `null`.
 *
 * @throws AppError `request-invalid` for a cursor of another query or principal, and for times that are not ISO 8601.
 */
export async function listAudit(
  services: Pick<Services, 'config' | 'audit'>,
  { principal, query }: ListAuditRequest,
): Promise<{ readonly records: readonly AuditRecord[]; readonly next: string | null }> {
  const filter = toFilter(query);
  const binding = { filter, source: principal.source, subject: principal.subject };
  const shown = createView(services, principal);
  const records: AuditRecord[] = [];
  let after = query.cursor === undefined ? undefined : toId(decodeCursor(query.cursor, binding));

  for (let pages = 0; pages < MAX_STORE_PAGES; pages++) {
    const found = await services.audit.list({ ...filter, limit: STORE_PAGE, ...(after !== undefined && { after }) });
    for (const record of found) {
      // Full, and there is more: only here is a further page sure to have something to look at.
      if (records.length === query.limit) return { records, next: encodeCursor(binding, after) };
      after = record.id;
      const view = await shown(record);
      if (view !== undefined) records.push(view);
    }
    if (found.length < STORE_PAGE) return { records, next: null };
  }
  return { records, next: encodeCursor(binding, after) };
}

/** What of a record the principal may read; `undefined` where it may not know of it. */
function createView({ config }: Pick<Services, 'config'>, principal: Principal) {
  const answers = new Map<string, Promise<Access>>();
  const accessTo = (target: string): Promise<Access> => {
    const answer =
      answers.get(target) ??
      resolveAccess(config.access, principal, target, async () => ({ process: false, super: false }));
    answers.set(target, answer);
    return answer;
  };
  return async (record: AuditRecord): Promise<AuditRecord | undefined> => {
    const { target, principal: by } = record;
    const access = await accessTo(target);
    if (access.process) return record;
    if (!isBy(principal, by)) return undefined;
    return isOwn(access, record) ? record : withoutFacts(record);
  };
}

const isBy = (principal: Principal, by: AuditRecord['principal']): boolean =>
  by.subject === principal.subject && by.source === principal.source;

/** A reaper's reasons are values of the session, and a detail may be; the code of a refusal tells the principal what it was told. */
const withoutFacts = (record: AuditRecord): AuditRecord => ({
  ...record,
  ...NO_FACTS,
  reason: record.reaper === null ? record.reason : null,
  detail: record.detail !== null && Object.hasOwn(ERRORS, record.detail) ? record.detail : null,
});

function toFilter({ target, principal, from, to }: ListAuditRequest['query']): Omit<AuditQuery, 'limit'> {
  return {
    ...(target !== undefined && { target }),
    ...(principal !== undefined && { subject: principal }),
    ...(from !== undefined && { from: toTime('from', from) }),
    ...(to !== undefined && { to: toTime('to', to) }),
  };
}

function toTime(field: string, text: string): string {
  if (timeSchema.safeParse(text).success) return new Date(text).toISOString();
  throw new AppError('request-invalid', { detail: `${field}: a date or time with its zone is needed, by ISO 8601.` });
}

function toId(position: unknown): string {
  if (typeof position === 'string' && ULID.test(position)) return position;
  throw new AppError('request-invalid', { detail: 'cursor: it is not one that a page gave.' });
}

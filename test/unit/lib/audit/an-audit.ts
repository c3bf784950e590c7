import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { AuditQuery, Intent } from '../../../../lib/audit/audit.ts';
import { type ListAuditRequest, listAudit } from '../../../../lib/audit/list-audit.ts';
import { configSchema } from '../../../../lib/config/config-schema.ts';
import type { Principal } from '../../../../lib/privileges/principal.ts';
import { openAuditStore } from '../../../../local/stores/audit-store.ts';
import { anIntent } from '../../../contract/an-intent.ts';

const config = configSchema.parse({
  access: [
    { who: { group: 'dba' }, targets: ['*'], privileges: ['PROCESS'] },
    { who: { group: 'payments' }, targets: ['pay-*'], privileges: ['PROCESS'], users: ['pay'] },
    { who: { group: 'support' }, targets: ['*'], privileges: ['SUPER'], users: ['app'] },
    { who: { group: 'held' }, targets: ['*'], users: ['root'], privileges: 'from-database' },
  ],
});
/** A principal called ada, of one group. */
export const aPrincipal = (group: string, over: Partial<Principal> = {}): Principal => ({
  source: 'jwt',
  subject: 'ada',
  groups: [group],
  claims: {},
  ...over,
});
/** An intent of that subject. */
export const by = (subject: string, over: Partial<Intent> = {}, source = 'jwt') =>
  anIntent({ principal: { source, subject }, target: 'pay-1', ...over });

/** `listAudit` over a store of its own, with what it asks of the store. */
export function anAudit() {
  const folder = mkdtempSync(join(tmpdir(), 'warden-list-'));
  const store = openAuditStore(join(folder, 'audit.db'));
  const queries: AuditQuery[] = [];
  const watched: typeof store = {
    ...store,
    list: (query) => {
      queries.push(query);
      return store.list(query);
    },
  };
  const list = (principal: Principal, query: Partial<ListAuditRequest['query']> = {}) =>
    listAudit({ config, audit: watched }, { principal, query: { limit: 50, ...query } });
  const close = () => {
    store.close();
    rmSync(folder, { recursive: true });
  };
  return { store, queries, list, close };
}

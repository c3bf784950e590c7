import { ulid } from 'ulid';
import { type AuditOutcome, type AuditRecord, type AuditStore, type Intent, isOpen } from '../../lib/audit/audit.ts';

/** An audit store in memory, whose records a test may read. */
export function memoryAuditStore(): AuditStore & { readonly records: AuditRecord[] } {
  const records: AuditRecord[] = [];
  const begin = async (intent: Intent): Promise<string> => {
    const id = ulid();
    records.push({
      ...intent,
      id,
      at: new Date().toISOString(),
      outcome: null,
      proven: false,
      detail: null,
      outcomeAt: null,
    });
    return id;
  };
  const finish = async (id: string, outcome: AuditOutcome): Promise<void> => {
    const at = records.findIndex((record) => record.id === id && isOpen(record));
    const record = records[at];
    if (record === undefined) throw new Error(`no open intent ${id}`);
    records[at] = {
      ...record,
      ...outcome,
      approver: outcome.approver ?? record.approver,
      outcomeAt: new Date().toISOString(),
    };
  };
  return {
    records,
    begin,
    beginAll: (intents) => Promise.all(intents.map(begin)),
    note: async (intent, outcome) => {
      const id = await begin(intent);
      await finish(id, outcome);
      return id;
    },
    finish,
    finishAll: async (outcomes) => {
      for (const [id, outcome] of outcomes) await finish(id, outcome);
      return [];
    },
    open: async ({ before, limit, after = '' }) =>
      records.filter((record) => isOpen(record) && record.at < before && record.id > after).slice(0, limit),
    list: async ({ limit }) => records.toReversed().slice(0, limit),
  };
}

import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { NO_FACTS } from '../../../../lib/audit/audit.ts';
import type { ListAuditRequest } from '../../../../lib/audit/list-audit.ts';
import type { Principal } from '../../../../lib/privileges/principal.ts';
import { anIntent } from '../../../contract/an-intent.ts';
import { anAudit, aPrincipal, by } from './an-audit.ts';

let audit: ReturnType<typeof anAudit>;
beforeEach(() => {
  audit = anAudit();
});
afterEach(() => audit.close());

const list: ReturnType<typeof anAudit>['list'] = (principal, query) => audit.list(principal, query);
/** All pages until `next` is null. */
const listAll = async (principal: Principal, query: Partial<ListAuditRequest['query']>) => {
  const pages: string[][] = [];
  for (let cursor: string | null | undefined; cursor !== null; ) {
    const { records, next } = await list(principal, { ...query, ...(cursor !== undefined && { cursor }) });
    pages.push(records.map(({ id }) => id));
    cursor = next;
  }
  return pages;
};

describe('listAudit', () => {
  it.each([
    ['PROCESS on all targets', aPrincipal('dba'), ['crm', 'pay-2', 'pay-1']],
    ['PROCESS on some', aPrincipal('payments'), ['pay-2', 'pay-1']],
    ['SUPER without PROCESS', aPrincipal('support'), []],
    ['PROCESS that only the database could tell', aPrincipal('held'), []],
    ['no rule', aPrincipal('none'), []],
    ['its own record', aPrincipal('none', { subject: 'bob' }), ['pay-2']],
    ['the subject of another source', aPrincipal('none', { subject: 'bob', source: 'iam' }), []],
  ])('shows one with %s no more than that', async (_case, principal, targets) => {
    await audit.store.beginAll([by('x'), by('bob', { target: 'pay-2' }), by('x', { target: 'crm' })]);

    const { records, next } = await list(principal);

    expect(records.map(({ target }) => target)).toEqual(targets);
    expect(next).toBeNull();
  });

  it('tells without PROCESS nothing of sessions that are not one’s own, whenever it was written', async () => {
    const mine = (over: Parameters<typeof by>[1] = {}) => by('ada', { reaper: null, ...over });
    const ids = await audit.store.beginAll([
      mine({ target: 'pay-1', user: 'app' }),
      mine({ user: 'root', reason: 'runaway' }),
      mine({ user: null, reaper: 'idle-app', reason: 'user: root, wanted root' }),
      mine({ user: 'root' }),
    ]);
    await audit.store.finish(String(ids[1]), {
      outcome: 'refused',
      proven: false,
      detail: 'It is our own connection.',
    });
    await audit.store.finish(String(ids[3]), { outcome: 'refused', proven: false, detail: 'session-not-found' });
    const { records } = await list(aPrincipal('support'));
    expect(records.map(({ id }) => id)).toEqual(ids.toReversed());
    const [refused, reaped, protectedOne, own] = records;
    expect(refused).toMatchObject({ ...NO_FACTS, detail: 'session-not-found', sessionId: anIntent().sessionId });
    expect(reaped).toMatchObject({ ...NO_FACTS, reason: null, reaper: 'idle-app' });
    expect(protectedOne).toMatchObject({ ...NO_FACTS, detail: null, reason: 'runaway', outcome: 'refused' });
    expect(own).toMatchObject({ ...mine({ user: 'app' }) });
    const { records: all } = await list(aPrincipal('dba'));
    expect(all.map(({ user }) => user)).toEqual(['root', null, 'root', 'app']);
  });

  it('hands filters to the store, times in UTC', async () => {
    const query = { target: 'crm', principal: 'bob', from: '2026-01-02', to: '2026-01-03T08:00:00+08:00' };
    await list(aPrincipal('dba'), query);

    expect(audit.queries).toMatchObject([
      { target: 'crm', subject: 'bob', from: '2026-01-02T00:00:00.000Z', to: '2026-01-03T00:00:00.000Z' },
    ]);
  });

  it.each([
    ['a multiple of the page', 450, 50, 9],
    ['not a multiple', 451, 50, 10],
    ['one page exactly', 200, 200, 1],
    ['pages larger than the store gives at once', 450, 300, 2],
  ])('gives each record once, newest first, where their number is %s', async (_case, count, limit, pages) => {
    const made = await audit.store.beginAll(Array.from({ length: count }, () => by('x')));

    const found = await listAll(aPrincipal('dba'), { limit });

    expect(found.flat()).toEqual(made.toReversed());
    expect(found).toHaveLength(pages);
  });

  it('reads over what it may not show until the page is full', async () => {
    const made = await audit.store.beginAll(Array.from({ length: 900 }, (_, i) => by(i % 300 === 0 ? 'ada' : 'x')));

    const found = await listAll(aPrincipal('none'), { limit: 2 });

    expect(found).toEqual([[made[600], made[300]], [made[0]]]);
  });

  it('stops after a bounded part of the store, and goes on from there', async () => {
    const [own] = await audit.store.beginAll([by('ada'), ...Array.from({ length: 4_500 }, () => by('x'))]);

    const { records, next } = await list(aPrincipal('none'));
    expect(records).toEqual([]);
    expect(audit.queries).toHaveLength(20);

    const second = await list(aPrincipal('none'), { cursor: String(next) });
    expect(second.records.map(({ id }) => id)).toEqual([own]);
    expect(second.next).toBeNull();
  });

  it('takes a cursor for its own query and principal only', async () => {
    await audit.store.beginAll([by('x'), by('x'), by('x')]);
    const { next } = await list(aPrincipal('dba'), { limit: 1 });
    const cursor = String(next);

    await expect(list(aPrincipal('dba'), { limit: 2, cursor })).resolves.toMatchObject({ next: null });
    const others = [
      list(aPrincipal('dba'), { cursor, target: 'pay-1' }),
      list(aPrincipal('dba'), { cursor, principal: 'x' }),
      list(aPrincipal('dba'), { cursor, from: '2020-01-01' }),
      list(aPrincipal('dba', { subject: 'bob' }), { cursor }),
      list(aPrincipal('dba', { source: 'iam' }), { cursor }),
      list(aPrincipal('dba'), { cursor: 'abc' }),
    ];
    for (const other of others) {
      await expect(other).rejects.toMatchObject({
        code: 'request-invalid',
        detail: expect.stringMatching(/^cursor: /),
      });
    }
  });

  it.each(['yesterday', '2026-13-01', '2026-01-01T00:00:00', '1'])('refuses the time %j', async (from) => {
    await expect(list(aPrincipal('dba'), { from })).rejects.toMatchObject({
      code: 'request-invalid',
      detail: expect.stringMatching(/^from: /),
    });
  });

  it('passes on that the store is not available', async () => {
    audit.store.close();

    await expect(list(aPrincipal('dba'))).rejects.toMatchObject({ code: 'audit-unavailable' });
  });
});

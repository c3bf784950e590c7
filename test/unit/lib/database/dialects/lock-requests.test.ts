import { describe, expect, it } from 'vitest';
import { backupRequests, tableModes, tableRequests } from '../../../../../lib/database/dialects/lock-requests.ts';

const asked = (text: string, db: string | null = 'shop') =>
  tableRequests({ text, db }).map(({ db: schema, table, modes }) => `${schema}.${table ?? '*'} ${modes.join('|')}`);

describe('the tables that a statement must lock', () => {
  const [X, W, R, RW] = ['EXCLUSIVE', 'SHARED_WRITE', 'SHARED_READ', 'SHARED_READ|SHARED_WRITE'];
  it.each([
    ['alter table t add x int', [`shop.t ${X}`]],
    ['ALTER ONLINE TABLE IF EXISTS `my db` . `a``b` ADD x INT', [`my db.a ${X}`]],
    ['/* from hidden */ drop table if exists a, other.b', [`shop.a ${X}`, `other.b ${X}`]],
    ['truncate t', [`shop.t ${X}`]],
    ['rename table a to b', [`shop.a ${X}`]],
    ['create unique index i on t (v)', [`shop.t ${X}`]],
    ['drop index i on t', [`shop.t ${X}`]],
    ['drop database if exists shop2', [`shop2.* ${X}`]],
    ['update t set v = 1', [`shop.t ${W}`]],
    ['insert ignore into t select * from u', [`shop.t ${W}`, `shop.u ${RW}`]],
    ['delete from t where v = 1', [`shop.t ${W}`]],
    ['select * from a join b.c on a.x = c.x', [`shop.a ${R}`, `b.c ${R}`]],
    ['select * from a for update', [`shop.a ${RW}`]],
    ['select \'x from hidden\', "join hidden" -- from hidden\n from a # join hidden', [`shop.a ${R}`]],
    ['call p()', []],
    ['', []],
  ])('%s', (text, expected) => {
    expect(asked(text)).toEqual(expected);
  });

  it('are not those that its words leave open', () => {
    expect(asked('select * from t', null)).toEqual([]);
    expect(asked('select * from s.t', null)).toEqual([`s.t ${R}`]);
    expect(asked('select * from (select 1) x')).toEqual([]);
  });

  it('are asked for without keeping readers and writers out, where rows are read and written', () => {
    expect(tableModes(' /* x */ SELECT 1')).toEqual(['SHARED_READ', 'SHARED_WRITE']);
    expect(tableModes('alter table t add x int')).toBeNull();
  });
});

it.each([
  ['FLUSH TABLES WITH READ LOCK', ['BACKUP_FTWRL1', 'BACKUP_FTWRL2']],
  ['backup stage start', ['BACKUP_START']],
  ['commit', ['BACKUP_COMMIT']],
  ['alter table t add x int', ['BACKUP_DDL', 'BACKUP_ALTER_COPY']],
  ['update t set v = 1', ['BACKUP_DML', 'BACKUP_TRANS_DML', 'BACKUP_SYS_DML', 'BACKUP_COMMIT']],
])('%s asks for one of these of the lock for backups', (text, expected) => {
  expect(backupRequests(text)).toEqual(expected);
});

import { describe, expect, it } from 'vitest';
import { protectionOf } from '../../../../lib/privileges/protected-sessions.ts';
import { aSession, running } from '../reaper/a-session.ts';

describe('protection', () => {
  const rules = { ownId: aSession({ id: '9' }).id, protectedUsers: ['Back*'] };
  const by = (over: Parameters<typeof aSession>[0]) => protectionOf(aSession(over), rules)?.by ?? null;

  it.each([
    'system user',
    'event_scheduler',
    'mysql.session',
    'mysql.sys',
    'mysql.infoschema',
    'mariadb.sys',
    'rdsadmin',
    'rdsrepladmin',
    'azure_superuser',
    'cloudsqladmin',
    'cloudsqlagent',
    'cloudsqlimportexport',
    'cloudsqlreplica',
    'cloudsqlconnpooladmin',
    'cloudsqlobservability',
    'proxyro',
    'rdsBackup',
    'rdsMetric',
    'rdsRepl',
    'rdsProxy',
    'ocp_monitor',
    '__oceanbase_inner_drc_user',
    ' RDSADMIN ',
  ])('keeps the server’s or vendor’s user %j', (user) => {
    expect(by({ user })).toBe('system');
  });

  it.each([
    'Daemon',
    'Connect Out',
    'Register Slave',
    'Register Replica',
    'Table Dump',
    'Clone',
    ' clone ',
    'Binlog Dump GTID',
    'Slave_IO',
    'Replica_SQL',
    'Group Replication Data',
  ])('keeps what serves replication, %j', (command) => {
    expect(by({ command })).toBe('replication');
  });

  it.each(['SYS', 'ORAAUDITOR', 'LBACSYS'])('keeps %s on OceanBase, and nowhere else', (user) => {
    expect(protectionOf(aSession({ user }), { ...rules, engine: 'oceanbase' })?.by).toBe('system');
    for (const engine of ['mysql', 'mariadb', undefined] as const)
      expect(protectionOf(aSession({ user }), { ...rules, engine })).toBeNull();
  });

  it.each([
    ['Slave_IO', 'Waiting for master to send event'],
    ['Slave_worker', 'Updating'],
    ['Replica_SQL', ''],
    ['Connect', 'Waiting for source to send event'],
    ['Query', 'Replica has read all relay log; waiting for more updates'],
    ['Connect', 'Waiting for an event from Coordinator'],
    ['Query', 'Applying batch of row changes (update)'],
  ])('knows a replication thread of the server by %s, %j', (command, state) => {
    const thread = { user: 'system user', command, state, host: '' };
    expect(by(thread)).toBe('replication');
    expect(protectionOf(aSession(thread), { ...rules, replication: true })).toBeNull();
  });

  it.each([
    ['Daemon', 'Suspending', null],
    ['Daemon', 'InnoDB purge worker', null],
    ['Connect', 'User sleep', 'SELECT SLEEP(30)'],
    ['Connect', 'Waiting for the replica SQL thread to advance position', "SELECT SOURCE_POS_WAIT('b', 4)"],
    ['Query', 'Applying batch of row changes (update)', 'UPDATE t SET a = 1'],
    ['Query', 'System lock', null],
    ['Sleep', 'wsrep aborter idle', null],
    ['Query', '', null],
  ])('keeps any other thread of the server though a rule takes replication in: %s, %j', (command, state, text) => {
    const statement = text === null ? null : running(text);
    const thread = aSession({ user: 'system user', command, state, host: '', statement });
    expect(protectionOf(thread, { ...rules, replication: true })?.by).toBe('system');
  });

  it('says by what', () => {
    expect(by({ id: '9' })).toBe('self');
    expect(by({ user: null })).toBe('system');
    expect(by({ user: '' })).toBeNull();
    expect(by({ user: 'BACKUP' })).toBe('configuration');
    expect(by({ user: 'backup', command: 'Clone' })).toBe('configuration');
    expect(by({ user: 'app' })).toBeNull();
    for (const over of [{ id: '9' }, { user: null }, { user: 'rdsadmin' }, { user: 'backup' }, { command: 'Clone' }])
      expect(protectionOf(aSession(over), rules)?.reason).toMatch(/^[A-Z].{5,}\.$/);
  });
});

import { describe, expect, it } from 'vitest';
import { protectionOf } from '../../../../lib/privileges/protected-sessions.ts';
import { aSession } from '../reaper/a-session.ts';

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

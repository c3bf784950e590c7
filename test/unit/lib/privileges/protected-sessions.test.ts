import { describe, expect, it } from 'vitest';
import { protectedReason } from '../../../../lib/privileges/protected-sessions.ts';
import { sessionId } from '../../../../lib/sessions/session.ts';

const rules = { ownId: sessionId('7'), protectedUsers: [] as string[] };
const reasonFor = (user: string | null, command = 'Query', protectedUsers = rules.protectedUsers) =>
  protectedReason({ id: sessionId('42'), user, command }, { ...rules, protectedUsers });

describe('a protected session', () => {
  it('is our own connection', () => {
    expect(protectedReason({ id: sessionId('7'), user: 'app', command: 'Query' }, rules)).toContain('our own');
  });

  it('is one without a user, and not one of a user with an odd name, the anonymous one included', () => {
    expect(reasonFor(null)).toContain('no user');
    for (const user of ['', '  ', 'NULL']) expect(reasonFor(user)).toBeNull();
  });

  it.each([
    ['system user'],
    ['event_scheduler'],
    ['rdsadmin'],
    ['RDSAdmin'],
    ['mysql.session'],
    ['mysql.sys'],
    ['mysql.infoschema'],
    ['mariadb.sys'],
    ['azure_superuser'],
    ['cloudsqladmin'],
    ['__oceanbase_inner_drc_user'],
    ['__OCEANBASE_INNER_STANDBY_USER'],
  ])('is one of the user %s', (user) => {
    expect(reasonFor(user)).toContain('vendor');
  });

  it.each([
    ['Binlog Dump'],
    ['Binlog Dump GTID'],
    ['binlog dump gtid'],
    ['Slave_IO'],
    ['Slave_SQL'],
    ['Slave_worker'],
    ['Daemon'],
    ['Register Slave'],
    ['Register Replica'],
    ['Table Dump'],
    ['Connect Out'],
    ['Group Replication Data Stream subscription'],
  ])('is one that does %s', (command) => {
    expect(reasonFor('repl', command)).toContain('replication');
  });

  it('is one of a user that the configuration names, whatever the case', () => {
    expect(reasonFor('Backup_nightly', 'Query', ['backup_*'])).toContain('configuration');
    expect(reasonFor('app', 'Query', ['backup_*'])).toBeNull();
  });

  it.each([
    ['app', 'Query'],
    ['app', 'Sleep'],
    ['unauthenticated user', 'Connect'],
    ['root', 'Killed'],
    ['rdsadmin2', 'Query'],
  ])('is not one of %s that does %s', (user, command) => {
    expect(reasonFor(user, command)).toBeNull();
  });
});

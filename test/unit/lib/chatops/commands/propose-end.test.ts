import { describe, expect, it } from 'vitest';
import { type CommandServices, useCasePorts } from '../../../../../lib/chatops/commands/ports.ts';
import { runCommand } from '../../../../../lib/chatops/commands/run-command.ts';
import type { Click } from '../../../../../lib/chatops/messages/answer.ts';
import type { Principal } from '../../../../../lib/privileges/principal.ts';
import type { Session } from '../../../../../lib/sessions/session.ts';
import { memoryRequestStore } from '../../../../../lib/state/request-store.ts';
import { event } from '../../../../support/chat/a-runner.ts';
import { scriptedServices } from '../../../../support/scripted-services.ts';
import { aSession, aWait, running } from '../../reaper/a-session.ts';

const CONFIG = `access:
  - { who: { sub: ops }, targets: ['*'], privileges: [PROCESS, SUPER] }
  - { who: { sub: view }, targets: ['*'], privileges: [PROCESS] }
  - { who: { sub: asks }, targets: ['*'], privileges: [PROCESS, SUPER], approval: { by: { group: dba } } }
  - { who: { group: dba }, targets: ['*'], privileges: [PROCESS, SUPER] }
  - { who: { group: alerts }, targets: ['*'], privileges: [PROCESS] }
`;
const person = (subject: string, groups: readonly string[] = []): Principal => ({
  source: 'slack',
  subject,
  groups,
  claims: { sub: subject },
  chat: { identities: [`slack:${subject}`], isMapped: true },
});
const asleep = (id: string, user = 'app_web', time = 600) =>
  aSession({ id, user, command: 'Sleep', time, state: null, statement: null });
const SLEEPERS = [asleep('2', 'app_web', 900), asleep('3'), asleep('4', 'app_web', 20), asleep('5', 'report')];

function chat(...looks: readonly (readonly Session[])[]) {
  const {
    services: base,
    audit,
    sent,
    database,
  } = scriptedServices(CONFIG, {
    looks: looks.length > 0 ? looks : [SLEEPERS],
  });
  const services: CommandServices = { ...base, requests: memoryRequestStore(), now: Date.now, ...useCasePorts(base) };
  const run = (who: Principal, what: Parameters<typeof event>[1]) => runCommand(services, event(who, what));
  return {
    audit,
    sent,
    database,
    type: (who: Principal, line: string) => run(who, { do: 'command', line }),
    press: (who: Principal, click: Click, request = '') => run(who, { do: 'click', click, request }),
    alert: (title: string) => run(person('sender', ['alerts']), { do: 'alert', target: 'local', title } as never),
  };
}
const ops = person('ops');

describe('end by condition', () => {
  it('shows who would end, and ends exactly these once that is confirmed', async () => {
    const { type, press, audit } = chat(SLEEPERS, [...SLEEPERS, asleep('9')], []);
    const answer = await type(ops, 'end local user=app_web idle=5m because the pool is full');
    expect(answer).toMatchObject({ title: '2 sessions would be ended on local', audience: 'caller' });
    expect(answer.lines).toEqual(['user=app_web idle=5m', 'Nothing has been ended yet.']);
    expect(answer.rows.map(({ head }) => head.split(' ')[0])).toEqual(['2', '3']);
    expect(answer.buttons.map(({ label }) => label)).toEqual(['End these 2', 'No']);
    expect(audit.records).toEqual([]);
    const told = await press(ops, 'confirm', answer.buttons[0]?.request);
    expect(told).toMatchObject({ title: '2 of 2 sessions ended', audience: 'all', replaces: true });
    expect(audit.records).toMatchObject([{ sessionId: '2' }, { sessionId: '3' }]);
    expect(audit.records[0]?.reason).toMatch(/^the pool is full; /);
    expect((await press(ops, 'confirm', answer.buttons[0]?.request)).title).toBe('Already decided by ops');
  });

  it('tells what became of those that changed in between', async () => {
    const { type, press } = chat(SLEEPERS, [SLEEPERS[0] as Session, asleep('3', 'app_web', 1)], []);
    const { buttons } = await type(ops, 'end local user=app_web idle=5m');
    const told = await press(ops, 'confirm', buttons[0]?.request);
    expect(told.title).toBe('1 of 2 sessions ended');
    expect(told.lines.at(-1)).toMatch(/^1: changed or ended by itself/);
  });

  it('is for who asked, and not for another who presses', async () => {
    const { type, press, sent } = chat();
    const { buttons } = await type(ops, 'end local idle=5m');
    expect((await press(person('dba', ['dba']), 'confirm', buttons[0]?.request)).title).toMatch(/another person/);
    expect(sent).toEqual([]);
  });

  it('asks a second person where the access rule says so', async () => {
    const { type, press, audit, sent } = chat(SLEEPERS, SLEEPERS, SLEEPERS, []);
    const asked = await type(person('asks'), 'end local user=report idle=5m because night');
    expect(asked).toMatchObject({ title: 'Approval needed', audience: 'all' });
    expect(asked.lines[0]).toBe('asks wants to end: 1 session on local: user=report idle=5m');
    const approve = asked.buttons.find(({ click }) => click === 'approve')?.request;
    expect((await press(person('asks'), 'approve', approve)).title).toMatch(/may not approve/);
    expect(sent).toEqual([]);
    expect((await press(person('dba', ['dba']), 'approve', approve)).title).toBe('1 of 1 session ended');
    expect(audit.records).toMatchObject([
      { kind: 'reap', outcome: 'approved', approver: { subject: 'dba' } },
      { kind: 'connection', sessionId: '5', approver: { subject: 'dba' }, principal: { subject: 'asks' } },
    ]);
  });

  it.each([
    ['end local', /needs a condition/],
    ['end local idle', /idle= needs a value/],
    ['end local usr=app', /Did you mean user=/],
    ['end local limit=5', /needs a condition/],
    ['end local idle=5', /request is not valid/],
    ['end local idle=5m victims=some', /request is not valid/],
    ['end local trx=maybe', /trx= needs a value/],
    ['end', /needs a target/],
  ])('answers a mistake, and looks at no session: %s', async (line, problem) => {
    const { type, sent } = chat();
    expect((await type(ops, line)).title).toMatch(problem);
    expect(sent).toEqual([]);
  });

  it('offers nothing to who may only look', async () => {
    const answer = await chat().type(person('view'), 'end local idle=5m');
    expect(answer).toMatchObject({ title: 'No session on local that you may end matches', buttons: [] });
  });
});

describe('sessions counted in chat', () => {
  it('have a button for each group that has sleepers of more than five minutes', async () => {
    const { type, press } = chat();
    const answer = await type(ops, 'top local');
    expect(answer.title).toBe('4 sessions on local by user');
    expect(answer.picture).toEqual([
      'Sessions  Idle  In trx  Oldest  Example  User',
      '       3     3             15m  2        app_web',
      '       1     1             10m  5        report',
    ]);
    expect(answer.rows.map(({ head }) => head)).toEqual(['app_web · 3 sessions', 'report · 1 session']);
    expect(answer.rows.map(({ button }) => button?.label)).toEqual(['End the 2 idle for 5m', 'End the 1 idle for 5m']);
    // The first press shows whom; only the second ends.
    const shown = await press(ops, 'ask', answer.rows[0]?.button?.request);
    expect(shown).toMatchObject({
      title: '2 sessions would be ended on local',
      lines: ['user=app_web idle=5m', expect.any(String)],
    });
  });

  it('by other columns, and with filters, have none that would end more than was counted', async () => {
    const { type } = chat();
    const byCommand = await type(ops, 'top local by command');
    expect(byCommand.picture.at(-1)).toMatch(/^ +4 +4 +15m +\d+ +Sleep$/);
    expect(byCommand.rows).toEqual([]);
    expect((await type(ops, 'top local by user db=shop')).rows).toEqual([]);
    expect((await type(ops, 'top local by colour')).title).toMatch(/top counts by user, host/);
  });

  it('have none where a name is a pattern, too', async () => {
    const { type } = chat([asleep('2', 'app*'), asleep('3', '/x/')]);
    expect((await type(ops, 'top local')).rows).toEqual([]);
  });
});

describe('an alert', () => {
  it('of a server full of sleepers shows whose they are; who presses sees whom they would end, and ends them', async () => {
    const { alert, press, audit } = chat();
    const answer = await alert('too many connections');
    expect(answer.lines).toEqual(['4 sessions on local.', 'No statement runs. Sessions by user:']);
    const offer = answer.rows[0]?.button?.request;
    for (const click of ['confirm', 'deny', 'approve'] as const)
      expect((await press(ops, click, offer)).title).toBe('The request is not valid.');
    expect((await press(person('view'), 'ask', offer)).title).toBe('No session on local that you may end matches');
    const shown = await press(ops, 'ask', offer);
    expect(shown.title).toBe('2 sessions would be ended on local');
    await press(ops, 'confirm', shown.buttons[0]?.request);
    expect(audit.records.map(({ sessionId }) => sessionId)).toEqual(['2', '3']);
  });

  it('shows the longest statements first, with what they are at', async () => {
    const busy = aSession({
      id: '7',
      command: 'Query',
      state: 'Sending data',
      time: 42,
      statement: running('SELECT 1'),
    });
    const answer = await chat([...SLEEPERS, busy]).alert('slow');
    expect(answer.rows[0]?.head).toMatch(/^7 · .* · Query for 42s \(Sending data\)$/);
    expect(answer.rows).toHaveLength(3);
  });
});

describe('sessions in chat', () => {
  it('say who waits for a lock of whom, and how many there are in all', async () => {
    const { type, database } = chat();
    database.lockWaits = async () => [aWait('3', '2', 5), aWait('5', '3', 2)];
    const { title, rows } = await type(ops, 'sessions local');
    expect(title).toBe('4 sessions on local');
    expect(rows.map(({ head }) => head.replace(/ · app_web.*| · report.*/, ''))).toEqual([
      'blocks 2 · 2',
      'waits for a table metadata lock of 2, blocks 1 · 3',
      'waits for a table metadata lock of 3 · 5',
      '4',
    ]);
  });

  it('say nothing of locks where the server does not tell', async () => {
    const { type, database } = chat();
    database.lockWaits = async () => null;
    expect((await type(ops, 'sessions local')).rows[0]?.head).toMatch(/^2 · app_web/);
  });
});

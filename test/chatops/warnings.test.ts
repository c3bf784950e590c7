import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import { AppError } from '../../lib/errors.ts';
import { runScheduled } from '../../lib/reaper/reap.ts';
import { memoryReplayStore } from '../../lib/state/replay-store.ts';
import { memoryRequestStore } from '../../lib/state/request-store.ts';
import { memoryWarningStore } from '../../lib/state/warning-store.ts';
import { Client, leave, seen, servicesFor, urlAs } from '../engines/a-server.ts';
import { onEachEngine } from '../engines/engines.ts';
import { startChat } from '../support/chat/a-chat.ts';
import { chatConfig } from '../support/chat/chat-config.ts';
import { until } from '../support/chat/fake-server.ts';
import type { SlackMessage } from '../support/chat/fake-slack.ts';
import { hurriedWarnings } from '../support/chat/hurried-warnings.ts';
import { readAudit } from '../support/chat/read-audit.ts';
import { buttonOf, buttonsOf, mentionsOf, textOf } from '../support/chat/slack-message.ts';

const USER = 'warden_w_app';
const rule = (name: string, match: string, more: string) =>
  `  - { name: ${name}, targets: ['*'], kill: connection, match: ${match}, victims: all, mode: enforce, report: 'slack:ops', ${more} }\n`;
const CONFIG = chatConfig(`reapers:
${rule('idle', `{ user: ${USER}, idle: 1s }`, "warn: { channel: 'slack:ops', before: 10m, extensions: 1 }")}${rule('lost', `{ user: ${USER}, idle: 1s }`, "warn: { channel: 'slack:gone', before: 10m }")}${rule('few', `{ user: ${USER} }`, 'limits: { perRun: 1 }')}`);
const MINUTE = 60_000;

onEachEngine('warnings and reports of reapers', ({ name, url = '' }) => {
  const hurried = hurriedWarnings(memoryWarningStore());
  const state = {
    requests: memoryRequestStore(),
    replays: memoryReplayStore(),
    warnings: hurried.store,
  };
  const services = { ...servicesFor(url, CONFIG), requests: state.requests };
  const clients: Client[] = [];
  let chat: Awaited<ReturnType<typeof startChat>>;
  let root: Client;
  beforeAll(async () => {
    if (!url) return;
    root = await Client.open(url);
    await root.run(`DROP USER ${USER}`);
    await root.run(`CREATE USER ${USER} IDENTIFIED BY 'pw'`);
    chat = await startChat(services, state);
    services.reaperChat = chat.reaperChat;
  });
  afterAll(async () => {
    if (!url) return;
    await root.run(`DROP USER ${USER}`);
    root.close();
    chat.stop();
  });
  beforeEach(() => {
    hurried.passed.ms = 0;
  });
  afterEach(async () => {
    await leave(url, clients);
    if (url) expect(chat.slack.faults).toEqual([]);
    await sleep(300);
  });
  /** Sessions that sleep for long enough to be chosen. */
  const sleepers = async (count: number, ms = 3_200): Promise<readonly Client[]> => {
    const opened = await Promise.all(Array.from({ length: count }, () => Client.open(urlAs(url, USER, 'pw'))));
    clients.push(...opened);
    for (const client of opened) client.connection.on('error', () => {});
    await sleep(ms);
    return opened;
  };
  const run = (reaper: string) => runScheduled(services, { target: 'local', reaper });
  const posted = (title: string, after = 0): Promise<SlackMessage> =>
    until(() => [...chat.slack.messages.values()].find(({ id, text }) => id > after && text.includes(title)), title);
  const latest = () => Math.max(0, ...chat.slack.messages.keys());
  /** The message stands on the screen, and the worker has noted that it does. */
  const told = async (id: number) => {
    await posted('will end', id - 1);
    await sleep(50);
  };

  it.skipIf(!url)('warns first, keeps whom an owner keeps, ends the others, and says so', async () => {
    const before = latest();
    const [kept, ended] = await sleepers(2);
    if (kept === undefined || ended === undefined) throw new Error('unreachable');
    expect(await runScheduled(servicesFor(url, CONFIG), { target: 'local', reaper: 'few' })).toMatchObject({
      held: 'perRun: 2 victims, at most 1',
    });
    const first = await run('idle');
    expect(first.victims).toEqual([]);
    expect(first.warned.map(({ stage }) => stage)).toEqual(['warned', 'warned']);
    const warning = await posted('idle will end 2 sessions on local in 10m', before);
    expect(textOf(warning)).toContain(kept.id);
    expect(mentionsOf(warning)).toEqual(['<@U0OWNER>']);
    // Late and doubled runs say nothing more, and nobody ends before the time is over.
    await Promise.all([run('idle'), run('idle')]);
    hurried.passed.ms = 9 * MINUTE;
    const waiting = await run('idle');
    expect(waiting.warned.map(({ stage }) => stage)).toEqual(['waiting', 'waiting']);
    hurried.passed.ms = 0;

    const keep = buttonOf(warning, 'Keep it for 30m', kept.id);
    expect(textOf(await chat.slack.press(warning, keep, 'U0LINUS'))).toContain('may not end it');
    const anew = await chat.slack.press(warning, keep, 'U0OWNER');
    expect(anew.id).toBe(warning.id);
    expect(textOf(anew)).toMatch(/owner keeps .*\n.*kept by owner for (30m|29m)/s);
    expect(buttonsOf(anew)).toHaveLength(1);
    expect(buttonOf(anew, 'Keep it', ended.id)).toBeDefined();
    expect(textOf(await chat.slack.press(anew, keep, 'U0GRACE'))).toContain('It is already kept by owner');

    hurried.passed.ms = 11 * MINUTE;
    const second = await run('idle');
    expect(second.victims).toMatchObject([{ id: ended.id, outcome: 'terminated' }]);
    expect(second.warned).toMatchObject([{ id: kept.id, stage: 'kept', keptBy: 'owner' }]);
    const report = await posted('idle ended 1 session on local', before);
    expect(textOf(report)).toContain(ended.id);
    expect(await kept.isAlive()).toBe(true);
    expect(await ended.isAlive()).toBe(false);
    const records = services.audit.records;
    const keptOnes = [
      { sessionId: kept.id, principal: { subject: 'owner', source: 'slack' }, reaper: 'idle', reason: 'keep for 30m' },
    ];
    expect(records.filter(({ outcome }) => outcome === 'kept')).toMatchObject(keptOnes);
    const read = await readAudit(services, 'target=local');
    expect(read.filter(({ outcome }) => outcome === 'kept')).toMatchObject(keptOnes);
    expect(read.find(({ outcome }) => outcome === 'kept')).toMatchObject({
      proven: true,
      detail: expect.stringMatching(/^until 20.*Z, 1 of 1$/),
    });
    expect(records.find(({ outcome }) => outcome === 'terminated')?.reason).toMatch(/idle: .*; warned: 20/);
    expect(textOf(await chat.slack.press(anew, buttonOf(anew, 'Keep it', ended.id), 'U0OWNER'))).toContain(
      'It is gone, or it is being ended',
    );
  });

  it.skipIf(!url)('a session that woke up meanwhile is another victim', async () => {
    const [client] = await sleepers(1);
    const before = latest();
    await run('idle');
    await told(before + 1);
    await client?.run('SELECT 1');
    await sleep(3_200);
    hurried.passed.ms = 11 * MINUTE;
    expect(await run('idle')).toMatchObject({ victims: [], warned: [{ stage: 'warned' }] });
    expect(await client?.isAlive()).toBe(true);
  });

  // What follows is the same on every server.
  if (name !== 'oceanbase') return;

  it.skipIf(!url)('warns again of one that was kept, as often as it may be, and then ends it', async () => {
    const [client] = await sleepers(1);
    if (client === undefined) throw new Error('unreachable');
    const before = latest();
    await run('idle');
    const warning = await posted('will end a session', before);
    await chat.slack.press(warning, buttonOf(warning, 'Keep it', client.id), 'U0OWNER');
    const after = latest();
    hurried.passed.ms = 31 * MINUTE;
    expect((await run('idle')).warned).toMatchObject([{ stage: 'warned' }]);
    const again = await posted('will end a session', after);
    hurried.passed.ms = 0;
    expect(textOf(again)).toContain('it cannot be kept again');
    expect(buttonsOf(again)).toEqual([]);
    expect(textOf(await chat.slack.press(warning, buttonOf(warning, 'Keep it', client.id), 'U0OWNER'))).toContain(
      'It cannot be kept again',
    );
    hurried.passed.ms = 11 * MINUTE;
    expect((await run('idle')).victims).toMatchObject([{ id: client.id, outcome: 'terminated' }]);
    expect(services.audit.records.at(-1)?.reason).toContain('kept: 1 times, last by owner');
  });

  it.skipIf(!url)('ends no one whose message was not posted', async () => {
    const [client] = await sleepers(1, 2_200);
    expect((await run('lost')).warned).toMatchObject([{ stage: 'warned', until: null }]);
    await sleep(300);
    hurried.passed.ms = 11 * MINUTE;
    expect(await run('lost')).toMatchObject({ victims: [], warned: [{ stage: 'waiting', until: null }] });
    expect(await client?.isAlive()).toBe(true);
  });

  it.skipIf(!url).each(['read', 'ask', 'beginEnd'] as const)(
    'ends no one while the state of warnings fails at %s, and says so',
    async (step) => {
      const [client] = await sleepers(1, 2_200);
      const before = latest();
      if (step === 'beginEnd') {
        await run('idle');
        await told(before + 1);
        hurried.passed.ms = 11 * MINUTE;
      }
      const fails = async () => Promise.reject(new AppError('state-unavailable'));
      const { messages, questions } = await chat.reaperChat();
      const failing = {
        ...services,
        reaperChat: async () => ({ messages, questions, warnings: { ...hurried.store, [step]: fails } }),
      };
      await expect(runScheduled(failing, { target: 'local', reaper: 'idle' })).rejects.toMatchObject({
        code: 'state-unavailable',
      });
      expect(textOf(await posted('idle refused to run on local', before))).toContain('Nothing was ended.');
      expect(await client?.isAlive()).toBe(true);
    },
  );

  it.skipIf(!url)('a run that a limit held says why, in one message', async () => {
    await sleepers(2, 2_200);
    const before = latest();
    expect((await run('few')).held).toContain('perRun');
    const report = await posted('few refused to run on local', before);
    expect(textOf(report)).toContain('perRun: 2 victims, at most 1');
    await sleep(300);
    expect(latest()).toBe(report.id);
  });

  it.skipIf(!url)('a dry run shows whom it would warn, and a person who runs the rule warns too', async () => {
    const [client] = await sleepers(1, 2_200);
    const before = latest();
    const plan = await chat.slack.type('reap local idle');
    expect(textOf(plan)).toContain('Would be warned first, or are kept: 1.');
    const done = await chat.slack.press(plan, buttonOf(plan, 'Warn of these 1'));
    expect(textOf(done)).toContain('Warned first, or kept: 1.');
    expect(textOf(await posted('will end a session', before))).toContain(client?.id);
    expect(await seen(services, client?.id ?? '')).toBeDefined();
  });
});

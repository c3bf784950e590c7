import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client as McpClient } from '@modelcontextprotocol/client';
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { Services } from '../../lib/services.ts';
import { createGateway } from '../../local/gateway/gateway.ts';
import { loadRoutes } from '../../local/gateway/load-routes.ts';
import { Client, leave, seen, servicesFor } from '../engines/a-server.ts';
import { engines } from '../engines/engines.ts';
import { startChat } from '../support/chat/a-chat.ts';
import { CHAT_PEOPLE } from '../support/chat/chat-config.ts';
import { until } from '../support/chat/fake-server.ts';
import { buttonOf, textOf } from '../support/chat/slack-message.ts';

const CONFIG = CHAT_PEOPLE.replace('chat:\n', "agents: { clients: ['robot-*'] }\nchat:\n  approvals: 'slack:ops'\n");
const WARDEN = join(import.meta.dirname, '../../bin/warden.js');

/** Both ways of the protocol: who the client is comes once, or with each request. */
const EARLIER = { versionNegotiation: { mode: 'legacy' } } as const;
const NEWEST = { versionNegotiation: { mode: { pin: '2026-07-28' } } } as const;

interface Caller {
  readonly sub?: string;
  readonly groups?: readonly string[];
  readonly azp?: string;
  readonly agent?: string;
}
const ADA = { sub: 'ada', groups: ['operator'] };
const ROBOT = { ...ADA, agent: 'robot/1.0' };

/** What the tests read of any answer. */
interface Body {
  readonly id: string;
  readonly state: string;
  readonly code: string;
  readonly outcome: string;
  readonly results: readonly object[];
  readonly victims: readonly object[];
  readonly approval: { readonly victims: readonly object[]; readonly digest: string };
}

interface Ended {
  readonly state: string;
  readonly approval: string | null;
  readonly decidedBy: string | null;
  readonly sessions: readonly {
    readonly id: string;
    readonly outcome: string | null;
    readonly auditId: string | null;
  }[];
}

const MYSQL_LIKE = engines.filter(({ name }) => name === 'oceanbase' || name === 'mysql');

describe.each(MYSQL_LIKE)('what an agent ends on $name', ({ name, url = '' }) => {
  const services: Services & ReturnType<typeof servicesFor> = servicesFor(url, CONFIG);
  const clients: Client[] = [];
  const agents: McpClient[] = [];
  const on = { api: '' } as { api: string; chat: Awaited<ReturnType<typeof startChat>>; stop: () => void };
  beforeAll(async () => {
    on.chat = await startChat(services);
    Object.assign(services, { reaperChat: on.chat.reaperChat });
    const server = createGateway(await loadRoutes(async () => services)).listen(0, '127.0.0.1');
    await once(server, 'listening');
    on.api = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    on.stop = () => {
      server.closeAllConnections();
      server.close();
      on.chat.stop();
    };
  });
  afterAll(async () => {
    for (const agent of agents) await agent.close();
    on.stop();
  });
  afterEach(async () => {
    await leave(url, clients);
    expect(on.chat.slack.faults).toEqual([]);
  });

  const aClient = async () => {
    const client = await Client.open(url);
    clients.push(client);
    return { client, tag: (await seen(services, client.id)).tag };
  };
  const call = async (method: string, path: string, { agent, ...claims }: Caller, body?: unknown, tag?: string) => {
    const response = await fetch(`${on.api}/targets/local/${path}`, {
      method,
      headers: {
        'x-local-claims': JSON.stringify(claims),
        ...(agent !== undefined && { agent }),
        ...(tag !== undefined && { 'if-match': `"${tag}"` }),
        ...(body !== undefined && { 'content-type': 'application/json' }),
      },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    return { status: response.status, body: (await response.json()) as Body };
  };
  const ask = (caller: Caller, kills: readonly object[]) =>
    call('POST', 'approvals', caller, { kills, reason: 'it hangs' });
  /** The question that appears at the place. */
  const question = async (work: () => Promise<unknown>) => {
    const before = on.chat.slack.messages.size;
    const asked = await work();
    return { asked, message: await until(() => [...on.chat.slack.messages.values()][before], 'the question') };
  };

  it.skipIf(!url)('needs a person, whatever door it takes, and a tag', async () => {
    const { client, tag } = await aClient();
    const end = `sessions/${client.id}`;
    const robotToken = { ...ADA, azp: 'robot-7' };
    for (const caller of [ROBOT, robotToken, { ...ADA, agent: '' }]) {
      expect(await call('DELETE', end, caller, undefined, tag)).toMatchObject({ body: { code: 'approval-needed' } });
      const kills = [{ id: client.id, kind: 'connection', tag }];
      expect((await call('POST', 'kills', caller, { kills })).body.results).toMatchObject([
        { code: 'approval-needed' },
      ]);
      const rule = { kill: 'connection', match: { command: '*', user: '*' } };
      const { approval, victims } = (await call('POST', 'reaps', caller, { rule })).body;
      expect([victims, approval.victims.length > 0]).toEqual([[], true]);
      const enforce = { rule, dryRun: false, digest: approval.digest };
      expect(await call('POST', 'reaps', caller, enforce)).toMatchObject({ body: { code: 'approval-needed' } });
      expect(await ask(caller, [{ id: client.id, kind: 'connection' }])).toMatchObject({ status: 428 });
    }
    expect(await client.isAlive()).toBe(true);
    expect(services.audit.records.filter(({ agent }) => agent === 'robot/1.0')).toContainEqual(
      expect.objectContaining({ outcome: 'refused', detail: 'approval-needed', sessionId: client.id }),
    );
    expect(services.audit.records.some(({ agent }) => agent === 'robot-7')).toBe(true);
  });

  it.skipIf(!url)('is ended once a person of the table approves it, who may be its own', async () => {
    const { client, tag } = await aClient();
    const { asked, message } = await question(() => ask(ROBOT, [{ id: client.id, kind: 'connection', tag }]));
    const { status, body } = asked as Awaited<ReturnType<typeof ask>>;
    expect([status, body.state, body.results]).toEqual([202, 'open', null]);
    expect(textOf(message)).toContain('ada, through the agent robot/1.0, wants to end');
    expect(textOf(message)).toContain('it hangs');
    const press = (user: string) => on.chat.slack.press(message, buttonOf(message, 'Approve'), user);
    // Who is in no table, who only looks, and who needs an approval themselves.
    expect(textOf(await press('U0NOBODY'))).toContain('I do not know you');
    expect(textOf(await press('U0RULE'))).toContain('Only a person of the table may');
    expect(textOf(await press('U0LINUS'))).toContain('You may not approve this');
    expect(textOf(await press('U0EVE'))).toContain('You may not approve this');
    expect(await client.isAlive()).toBe(true);
    expect(await call('GET', `approvals/${body.id}`, { sub: 'linus', groups: ['looker'] })).toMatchObject({
      status: 404,
    });
    expect(textOf(await press('U0ADA'))).toContain('The session was ended.');
    expect((await call('GET', `approvals/${body.id}`, ROBOT)).body).toMatchObject({
      state: 'approved',
      decidedBy: 'ada',
      results: [{ id: client.id, outcome: 'terminated', code: null }],
    });
    expect(await client.isAlive()).toBe(false);
    const named = { agent: 'robot/1.0', principal: { subject: 'ada' }, approver: { source: 'slack', subject: 'ada' } };
    const records = services.audit.records.filter(({ approvalRequest }) => approvalRequest === body.id);
    expect(records).toMatchObject([
      { ...named, outcome: 'approved', sessionId: client.id },
      { ...named, outcome: 'terminated', sessionId: client.id, reason: 'it hangs' },
    ]);
  });

  it.skipIf(!url)("is another person's to approve where the access rule says so, an agent's or not", async () => {
    const eve = { sub: 'eve', groups: ['asker'] };
    for (const caller of [eve, { ...eve, agent: 'robot/1.0' }]) {
      const { client, tag } = await aClient();
      const { message } = await question(() => ask(caller, [{ id: client.id, kind: 'connection', tag }]));
      const press = (user: string) => on.chat.slack.press(message, buttonOf(message, 'Approve'), user);
      expect(textOf(await press('U0EVE'))).toContain('You may not approve this');
      expect(textOf(await press('U0GRACE'))).toContain('The session was ended.');
      expect(await client.isAlive()).toBe(false);
    }
    const both = { sub: 'both', groups: ['second', 'approver'] };
    const { client, tag } = await aClient();
    const { message } = await question(() => ask(both, [{ id: client.id, kind: 'connection', tag }]));
    expect(textOf(await on.chat.slack.press(message, buttonOf(message, 'Approve'), 'U0BOTH'))).toContain(
      'Another person must approve this',
    );
    expect(await client.isAlive()).toBe(true);
  });

  it.skipIf(!url)('stays where a person denies it, or no one decides', async () => {
    const { client, tag } = await aClient();
    const { asked, message } = await question(() => ask(ROBOT, [{ id: client.id, kind: 'connection', tag }]));
    await on.chat.slack.press(message, buttonOf(message, 'Deny'), 'U0GRACE');
    const { id } = (asked as Awaited<ReturnType<typeof ask>>).body;
    expect((await call('GET', `approvals/${id}`, ROBOT)).body).toMatchObject({ state: 'denied', decidedBy: 'grace' });
    const { questions } = await services.reaperChat();
    const request = await questions.requests.get(id);
    if (request === undefined) throw new Error('the request is gone');
    await questions.requests.putAll([{ ...request, state: 'open', decidedBy: null, expiresAt: Date.now() - 1 }]);
    expect((await call('GET', `approvals/${id}`, ROBOT)).body).toMatchObject({ state: 'expired', results: null });
    expect(await client.isAlive()).toBe(true);
  });

  it.skipIf(!url)('needs no approval of a person who acts themselves, who is told so', async () => {
    const { client, tag } = await aClient();
    const { status, body } = await ask(ADA, [{ id: client.id, kind: 'connection', tag }]);
    expect([status, body.state, body.id]).toEqual([200, 'not-needed', null]);
    expect((await call('DELETE', `sessions/${client.id}`, ADA)).body.outcome).toBe('terminated');
  });

  describe('with the official client over standard input and output', () => {
    const start = async (env: Readonly<Record<string, string>>, args: readonly string[] = []) => {
      const folder = mkdtempSync(join(tmpdir(), 'warden-mcp-'));
      const { DATABASE_URL: _, TARGETS: __, ...inherited } = process.env;
      const transport = new StdioClientTransport({
        command: process.execPath,
        args: ['--disable-warning=ExperimentalWarning', WARDEN, 'mcp', ...args],
        cwd: folder,
        env: { ...inherited, AUDIT_FILE: join(folder, 'audit.sqlite'), ...env } as Record<string, string>,
      });
      return { folder, transport, end: () => rmSync(folder, { recursive: true, force: true }) };
    };
    let shared: McpClient | undefined;
    const connected = async () => {
      if (shared !== undefined) return shared;
      const { transport, end } = await start({ WARDEN_API: on.api }, ['--as', 'ada:operator']);
      const agent = new McpClient({ name: 'test-agent', version: '3.1' }, name === 'mysql' ? NEWEST : EARLIER);
      await agent.connect(transport);
      agents.push(agent);
      end();
      shared = agent;
      return agent;
    };
    const tool = async (agent: McpClient, name: string, args: Readonly<Record<string, unknown>>) => {
      const { structuredContent, content, isError = false } = await agent.callTool({ name, arguments: { ...args } });
      const [first] = content as readonly { readonly text?: string }[];
      return { isError, text: first?.text ?? '', data: structuredContent as unknown as Ended };
    };

    it.skipIf(!url)('shows, previews, waits, and ends after a press in Slack', async () => {
      const agent = await connected();
      const { tools } = await agent.listTools();
      expect(tools.map(({ name, annotations }) => [name, annotations?.readOnlyHint])).toEqual([
        ['list_sessions', true],
        ['show_session', true],
        ['blockers', true],
        ['top', true],
        ['preview_end', true],
        ['end_session', false],
        ['cancel_statement', false],
      ]);
      const { client } = await aClient();
      const listed = await tool(agent, 'list_sessions', { limit: 1_000 });
      const session = (listed.data as unknown as { sessions: { id: string; tag: string }[] }).sessions.find(
        ({ id }) => id === client.id,
      );
      expect(await tool(agent, 'show_session', { id: client.id })).toMatchObject({
        data: { session: { id: client.id, tag: session?.tag } },
      });
      expect(await tool(agent, 'blockers', {})).toMatchObject({ isError: false });
      expect(await tool(agent, 'top', { by: 'command' })).toMatchObject({ isError: false });
      const preview = await tool(agent, 'preview_end', { ids: [client.id, '999999999'] });
      expect(preview.data).toMatchObject({ sessions: [{ id: client.id, tag: session?.tag }], gone: ['999999999'] });

      const asks = { sessions: [{ id: client.id, tag: session?.tag }], reason: 'left behind' };
      const { asked: first, message } = await question(() => tool(agent, 'end_session', { ...asks, waitSeconds: 0 }));
      const { data } = first as Awaited<ReturnType<typeof tool>>;
      expect(data).toMatchObject({ state: 'waiting-for-approval', sessions: [] });
      expect(textOf(message)).toContain('ada, through the agent test-agent/3.1,');
      const waiting = tool(agent, 'end_session', { approval: data.approval });
      await on.chat.slack.press(message, buttonOf(message, 'Approve'), 'U0GRACE');
      expect((await waiting).data).toMatchObject({
        state: 'done',
        decidedBy: 'grace',
        sessions: [{ id: client.id, outcome: 'terminated' }],
      });
      expect(await client.isAlive()).toBe(false);
      expect(services.audit.records.findLast(({ sessionId }) => sessionId === client.id)).toMatchObject({
        agent: 'test-agent/3.1',
        principal: { subject: 'ada' },
        approver: { subject: 'grace' },
        outcome: 'terminated',
      });
    });

    it.skipIf(!url)('is refused without tag or digest, with a wrong tag, and after a no', async () => {
      const agent = await connected();
      const { client, tag } = await aClient();
      const reason = 'why not';
      const end = (args: Readonly<Record<string, unknown>>) => tool(agent, 'end_session', args);
      for (const [args, words] of [
        [{ sessions: [{ id: client.id }], reason }, 'sessions.0.tag'],
        [{ conditions: { command: 'Sleep' }, reason }, 'the digest that preview_end gives'],
        [{ reason }, 'Say whom'],
        [{ sessions: [{ id: client.id, tag }] }, 'Give a reason'],
        [{ sessions: [{ id: client.id, tag: `${tag.slice(0, -3)}AAA` }], reason }, 'List the sessions again'],
        [{ conditions: { command: 'Sleep' }, digest: 'AAAAAAAAAAAAAAAA', reason }, 'Run the dry run again'],
      ] as const)
        expect(await end(args)).toMatchObject({ isError: true, text: expect.stringContaining(words) });
      const { message, asked: waits } = await question(async () => [
        end({ sessions: [{ id: client.id, tag }], reason }),
      ]);
      await on.chat.slack.press(message, buttonOf(message, 'Deny'), 'U0ADA');
      const [denied] = waits as [ReturnType<typeof end>];
      expect(await denied).toMatchObject({ isError: true, text: 'Nothing was ended: ada denied it.' });
      expect(await client.isAlive()).toBe(true);
    });

    it.skipIf(!url)('ends those of a digest once it is approved', async () => {
      const agent = await connected();
      const others = await Promise.all([aClient(), aClient()]);
      const info = `agent-digest-${others[0]?.client.id}`;
      for (const { client } of others)
        void client.run(`SELECT SLEEP(60), '${info}' FROM (SELECT 1 UNION ALL SELECT 2) r`);
      const conditions = { info: `*${info}*` };
      let digest: string | null = null;
      for (let looks = 0; looks < 100 && digest === null; looks++) {
        const { data } = await tool(agent, 'preview_end', { kind: 'statement', conditions });
        const { sessions, digest: found } = data as unknown as { sessions: unknown[]; digest: string };
        if (sessions.length === 2) digest = found;
      }
      const asks = { conditions, digest, reason: 'too long' };
      const { message, asked: waits } = await question(async () => [tool(agent, 'cancel_statement', asks)]);
      await on.chat.slack.press(message, buttonOf(message, 'Approve'), 'U0ADA');
      const [done] = waits as [ReturnType<typeof tool>];
      const { sessions, state } = (await done).data;
      expect([state, sessions.map(({ outcome }) => outcome)]).toEqual(['done', ['query-cancelled', 'query-cancelled']]);
      for (const { client } of others) expect(await client.isAlive()).toBe(true);
    });

    // No server is asked differently for that.
    if (name !== 'oceanbase') return;

    it.skipIf(!url).each([EARLIER, NEWEST])(
      'asks the person at the machine who speaks to the database, by %j',
      async (way) => {
        const config = "access: [{ who: { group: operator }, targets: ['*'], privileges: [PROCESS, SUPER] }]\n";
        const answers: boolean[] = [];
        const asks: string[] = [];
        const { transport, folder, end } = await start({ DATABASE_URL: url, USER: 'ada' });
        writeFileSync(join(folder, 'warden.yaml'), config);
        const agent = new McpClient(
          { name: 'desk', version: '1' },
          { ...way, capabilities: { elicitation: { form: {} } } },
        );
        agent.setRequestHandler('elicitation/create', async ({ params }) => {
          asks.push(params.message);
          return { action: 'accept', content: { approve: answers.shift() ?? false } };
        });
        await agent.connect(transport);
        agents.push(agent);
        const { client, tag } = await aClient();
        const call = { sessions: [{ id: client.id, tag }], reason: 'at the desk' };
        answers.push(false, true);
        expect(await tool(agent, 'end_session', call)).toMatchObject({
          isError: true,
          text: expect.stringContaining('ada denied it'),
        });
        expect(await client.isAlive()).toBe(true);
        expect((await tool(agent, 'end_session', call)).data).toMatchObject({
          state: 'done',
          sessions: [{ id: client.id, outcome: 'terminated' }],
        });
        expect(asks[0]).toContain('ada, through the agent desk/1, wants to end');
        expect(await client.isAlive()).toBe(false);
        await agent.close();
        end();
      },
    );

    it.skipIf(!url)('ends nothing where no one can be asked, unless it was started for that', async () => {
      const { client, tag } = await aClient();
      const call = { sessions: [{ id: client.id, tag }], reason: 'nobody here' };
      for (const unattended of [false, true]) {
        const { transport, end } = await start({ DATABASE_URL: url, USER: 'ada' }, unattended ? ['--unattended'] : []);
        const agent = new McpClient({ name: 'desk', version: '1' });
        await agent.connect(transport);
        const { isError, data } = await tool(agent, 'end_session', call);
        expect([isError, data?.sessions?.[0]?.outcome]).toEqual(unattended ? [false, 'terminated'] : [true, undefined]);
        await agent.close();
        end();
      }
    });
  });
});

import { afterAll, afterEach, beforeAll, expect } from 'vitest';
import { sessionId } from '../../lib/sessions/session.ts';
import type { LocalChatState } from '../../local/chat/local-chat.ts';
import { Client, isRunning, leave, list, seen, servicesFor } from '../engines/a-server.ts';
import { startChat } from '../support/chat/a-chat.ts';
import { chatConfig } from '../support/chat/chat-config.ts';

const LONG = "SELECT SLEEP(60) AS t, 'chat-secret-literal' FROM (SELECT 1 UNION ALL SELECT 2) r";

/** Error numbers with which a cut statement ends. */
export const CUT = [1317, 5065, 0];

/** The gateway, the platforms and a server for the tests of one suite; call it inside `describe`. */
export function chatOn(url: string, state?: () => LocalChatState, now?: () => number) {
  const services = servicesFor(url, chatConfig());
  const clients: Client[] = [];
  const on = { services } as { services: typeof services; chat: Awaited<ReturnType<typeof startChat>> };
  const findBlockers = async () =>
    (await list(services, { command: 'Query' })).map((session, at) => ({
      id: sessionId(session.id),
      session,
      waitedFor: null,
      lock: null,
      holdsUp: at + 1,
      longestWait: null,
      likely: false,
      reason: null,
      xa: [],
      waiters: [],
    }));
  beforeAll(async () => {
    on.chat = await startChat({ ...services, findBlockers, ...(now && { now }) }, state?.());
  });
  afterAll(() => on.chat.stop());
  afterEach(async () => {
    await leave(url, clients);
    const { slack, feishu, dingtalk } = on.chat;
    expect([slack.faults, feishu.faults, dingtalk.faults]).toEqual([[], [], []]);
  });
  /** Starts the long statement in a session, new or given, and resolves once the server shows it. */
  const running = async (client?: Client) => {
    const one = client ?? (await Client.open(url));
    if (client === undefined) clients.push(one);
    const ended = one.run(LONG);
    await seen(services, one.id, isRunning);
    return { client: one, ended };
  };
  return { on, services, running };
}

import { afterAll, afterEach, beforeAll, beforeEach, expect, vi } from 'vitest';
import { chatConfig } from '../support/chat/chat-config.ts';
import { until } from '../support/chat/fake-server.ts';
import { emitting } from '../support/emitted.ts';
import type { keepSpans } from '../support/spans.ts';
import { Client, servicesFor, urlAs } from './a-server.ts';

const REAPERS = chatConfig(`reapers:
  - { name: one, every: 5m, targets: ['*'], kill: connection, match: { user: warden_one_id }, victims: all, mode: enforce }
`);

/** A session that is to be ended in each test, and what is written everywhere meanwhile; call it inside `describe`. */
export function oneIdOn(url: string, kept: ReturnType<typeof keepSpans>) {
  const on = emitting();
  const state = {} as { services: ReturnType<typeof servicesFor>; client: Client };
  const byRoot = async (sql: string) => {
    const root = await Client.open(url);
    expect(await root.run(sql)).toBe(0);
    root.close();
  };
  beforeAll(async () => {
    if (url) await byRoot("CREATE USER IF NOT EXISTS warden_one_id IDENTIFIED BY 'pw'");
  });
  afterAll(async () => {
    if (url) await byRoot('DROP USER IF EXISTS warden_one_id');
  });
  beforeEach(async () => {
    kept.reset();
    if (!url) return;
    state.services = servicesFor(url, REAPERS);
    state.client = await Client.open(urlAs(url, 'warden_one_id', 'pw'));
  });
  afterEach(() => {
    state.client?.close();
    vi.unstubAllEnvs();
  });

  /** The one KILL that was sent bears the ID in the server's log, and so do record, trace and our own log. */
  async function expectOneId(id: string, log: readonly string[], outcome = 'terminated'): Promise<void> {
    const { client, services } = state;
    const kills = log.filter((text) => /\bKILL\b/.test(text) && text.includes(client.id));
    // MySQL logs each statement of a packet by itself, MariaDB the packet.
    expect(kills).toEqual([expect.stringContaining(`/* session-warden ${id} */ KILL`)]);
    expect(services.audit.records).toMatchObject([{ correlationId: id, outcome, sessionId: client.id }]);
    for (const line of on.logged()) expect(line).toMatchObject({ correlationId: id });
    const find = () => kept.spans().find(({ attributes }) => attributes['session_warden.outcome'] === outcome);
    expect((await until(find, 'a trace')).attributes).toMatchObject({
      'session_warden.correlation_id': id,
      'session_warden.target': 'local',
    });
    expect(kept.text()).not.toMatch(/warden_one_id|SELECT [^"]|KILL CONN/);
    expect(await client.isAlive()).toBe(false);
  }
  return { on, state, expectOneId };
}

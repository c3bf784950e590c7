import { afterAll, afterEach, beforeAll, beforeEach, expect, vi } from 'vitest';
import { chatConfig } from '../support/chat/chat-config.ts';
import { until } from '../support/chat/fake-server.ts';
import { emitting } from '../support/emitted.ts';
import { lambdaWithXray } from '../support/sampled.ts';
import { type SegmentDocument, startXrayDaemon } from '../support/xray-daemon.ts';
import { Client, servicesFor, urlAs } from './a-server.ts';

const REAPERS = chatConfig(`reapers:
  - { name: one, every: 5m, targets: ['*'], kill: connection, match: { user: warden_one_id }, victims: all, mode: enforce }
`);

/** Every annotation of a trace, wherever in it. */
const annotationsOf = ({ annotations, subsegments = [] }: SegmentDocument): readonly unknown[] => [
  annotations,
  ...subsegments.flatMap(annotationsOf),
];

/** The X-Ray daemon of a whole file, since the SDK reads its address once; call it outside of tests. */
export function xrayDaemon() {
  const state = {} as { daemon: Awaited<ReturnType<typeof startXrayDaemon>> };
  beforeAll(async () => {
    state.daemon = await startXrayDaemon();
  });
  afterAll(() => state.daemon.stop());
  return state;
}

/** A session that is to be ended in each test, and what is written everywhere meanwhile; call it inside `describe`. */
export function oneIdOn(url: string, xray: ReturnType<typeof xrayDaemon>) {
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
    xray.daemon.taken.length = 0;
    lambdaWithXray(xray.daemon.address);
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
    const { taken } = xray.daemon;
    const find = () =>
      taken
        .flatMap((text) => annotationsOf(JSON.parse(text)))
        .find((annotations) => JSON.stringify(annotations ?? {}).includes(outcome));
    expect(await until(find, 'a trace')).toMatchObject({ correlationId: id, target: 'local', outcome });
    expect(taken.join()).not.toMatch(/warden_one_id|SELECT|KILL CONN/);
    expect(await client.isAlive()).toBe(false);
  }
  return { on, state, expectOneId };
}

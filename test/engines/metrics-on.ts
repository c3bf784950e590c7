import { afterAll, afterEach, beforeAll, beforeEach, expect } from 'vitest';
import { parseConfig } from '../../lib/config/config.ts';
import { METRICS, type MetricName } from '../../lib/telemetry/metrics.ts';
import { emitting } from '../support/emitted.ts';
import { anEvent } from '../support/http-event.ts';
import { Client, leave, servicesFor, urlAs } from './a-server.ts';

const rule = (name: string, more: string) =>
  `  - { name: ${name}, every: 5m, targets: ['*'], kill: connection, match: { user: warden_metrics }, victims: all, ${more} }\n`;
const CONFIG = parseConfig(
  `access:
  - { who: { group: operator }, targets: ['*'], privileges: [PROCESS, SUPER] }
  - { who: { group: looker }, targets: ['*'], privileges: [PROCESS] }
reapers:
${rule('enforced', 'mode: enforce')}${rule('told', 'mode: dry-run')}${rule('few', 'mode: enforce, limits: { perRun: 1 }')}`,
  'test',
);

/** A call of somebody of this group. */
export const callOf = (
  group: string,
  path: Readonly<Record<string, string>>,
  more: Readonly<Record<string, unknown>> = {},
) =>
  anEvent({
    pathParameters: { target: 'local', ...path },
    requestContext: { requestId: 'r1', authorizer: { jwt: { claims: { sub: 'ops', groups: `[${group}]` } } } },
    ...more,
  });

/** What is emitted about one server in each test, sessions of a user of their own, and services; call it inside `describe`. */
export function metricsOn(url: string) {
  const on = emitting();
  const clients: Client[] = [];
  const state = { services: servicesFor(url, CONFIG) };
  const byRoot = async (sql: string) => {
    const root = await Client.open(url);
    expect(await root.run(sql)).toBe(0);
    root.close();
  };
  beforeAll(async () => {
    if (url) await byRoot("CREATE USER IF NOT EXISTS warden_metrics IDENTIFIED BY 'pw'");
  });
  afterAll(async () => {
    if (url) await byRoot('DROP USER IF EXISTS warden_metrics');
  });
  beforeEach(() => {
    state.services = servicesFor(url, CONFIG);
  });
  afterEach(async () => {
    // Whatever happened, nobody's name or statement is in a metric.
    expect(JSON.stringify(on.emf())).not.toMatch(/local|warden_metrics|ops|SLEEP/);
    await leave(url, clients);
  });
  return {
    on,
    services: async () => state.services,
    open: async () => {
      const client = await Client.open(urlAs(url, 'warden_metrics', 'pw'));
      client.connection.on('error', () => {});
      clients.push(client);
      return client;
    },
    /** The sum of each counter since the last time; times and sessions are no counters. */
    counted: () => {
      const names = (Object.keys(METRICS) as MetricName[]).filter((name) => METRICS[name].statistic === 'Sum');
      const emitted = names.filter((name) => on.values(name).length > 0);
      return Object.fromEntries(emitted.map((name) => [name, on.values(name).reduce((sum, value) => sum + value)]));
    },
  };
}

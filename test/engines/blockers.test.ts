import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type BlockerNode, listBlockers } from '../../lib/sessions/blockers.ts';
import { getSession } from '../../lib/sessions/get-session.ts';
import { sessionId } from '../../lib/sessions/session.ts';
import { aPrincipal, type Client, list, OPERATOR, servicesFor, urlAs } from './a-server.ts';
import { Crowd } from './crowd.ts';
import { engines } from './engines.ts';

const OWN = `access:
  - { who: { group: operator }, targets: ['*'], privileges: [PROCESS, SUPER] }
  - { who: { sub: '*' }, targets: ['*'], users: ['{sub}'] }
`;

describe.each(engines)('who blocks whom on $name', ({ name, url = '' }) => {
  let crowd: Crowd;
  beforeEach(async () => {
    if (url) crowd = await Crowd.gather(url);
  });
  afterEach(async () => {
    if (url) await crowd.leave();
  });
  const services = () => servicesFor(url, OWN);

  /** The forest, once it holds as many waiting sessions as the test made. InnoDB shows waits that have just ended, too. */
  async function forest(waiting: number, principal = OPERATOR): Promise<readonly BlockerNode[]> {
    for (let round = 0; round < 400; round++) {
      const { blockers } = await listBlockers(services(), { principal, target: 'local' });
      const own = blockers.filter(({ id }) => crowd.clients.some((client) => client.id === id));
      if (own.reduce((sum, { holdsUp }) => sum + holdsUp, 0) >= waiting) return blockers;
      await sleep(150);
    }
    throw new Error('nobody waits');
  }

  it.skipIf(!url)('names the root, how many it holds up, and for how long', async () => {
    const [holder] = await crowd.inTransaction(1);
    const waiters = await crowd.idle(3);
    for (const waiter of waiters) void waiter.run('INSERT INTO warden_reap.t VALUES (1, 1)');
    await sleep(1_200);
    const [root, ...others] = await forest(3);
    expect(others).toEqual([]);
    expect(root).toMatchObject({ id: holder?.id, waitedFor: null, holdsUp: 3, session: { user: 'warden_r_app' } });
    expect(root?.longestWait).toBeGreaterThanOrEqual(1);
    const below = (node: BlockerNode | undefined): (string | null)[] =>
      (node?.waiters ?? []).flatMap((one) => [one.id, ...below(one)]);
    expect(new Set(below(root))).toEqual(new Set(waiters.map(({ id }) => id)));
  });

  it.skipIf(!url)('shows with a session whom it holds up and for whom it waits', async () => {
    const [holder] = await crowd.inTransaction(1);
    const [waiter] = await crowd.idle(1);
    void waiter?.run('INSERT INTO warden_reap.t VALUES (1, 1)');
    await forest(1);
    const get = (client: Client | undefined) =>
      getSession(services(), { principal: OPERATOR, target: 'local', id: sessionId(client?.id ?? ''), full: false });
    expect(await get(holder)).toMatchObject({
      transaction: { state: expect.any(String) },
      locks: { blocks: [{ id: waiter?.id }], waitsFor: [] },
    });
    expect(await get(waiter)).toMatchObject({ locks: { blocks: [], waitsFor: [{ id: holder?.id }] } });
  });

  it.skipIf(!url)('tells a stranger of no tree that has none of their sessions', async () => {
    const [blocker] = await crowd.blocking(1);
    await forest(1);
    const blocking = async () => (await list(services(), { blocking: true, user: 'warden_r_*' })).map(({ id }) => id);
    await expect.poll(blocking, { interval: 200, timeout: 60_000 }).toEqual([blocker?.id]);
    const asked = { principal: aPrincipal('warden_nobody'), target: 'local' };
    expect(await listBlockers(services(), asked)).toEqual({ blockers: [] });
    const own = await forest(1, aPrincipal('warden_r_app'));
    expect(own[0]?.session).not.toBeNull();
  });

  // Every account may read the kernel's views.
  const enforcing = name === 'oceanbase' ? undefined : it.skipIf(!url);
  enforcing?.('says what our account lacks, where it may not read locks', async () => {
    const weak = servicesFor(urlAs(url, 'warden_r_safe', 'pw'), OWN);
    await expect(listBlockers(weak, { principal: OPERATOR, target: 'local' })).rejects.toMatchObject({
      code: 'target-privilege-missing',
      detail: expect.stringContaining('PROCESS'),
    });
  });
});

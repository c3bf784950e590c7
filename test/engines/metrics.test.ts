import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import * as killConnection from '../../functions/kill-connection.ts';
import * as killSessions from '../../functions/kill-sessions.ts';
import * as listSessions from '../../functions/list-sessions.ts';
import { emitting } from '../support/emitted.ts';
import { servicesFor } from './a-server.ts';
import { engines } from './engines.ts';
import { callOf, metricsOn } from './metrics-on.ts';

const any = expect.any(Number);

describe.each(engines)('metrics of calls on $name', ({ url = '' }) => {
  const { on, services, open, counted } = metricsOn(url);

  it.skipIf(!url)('a kill: its outcome, and the time of each of its steps', async () => {
    const client = await open();
    await killConnection.createHandler(services)(callOf('operator', { id: client.id }));

    expect(counted()).toEqual({ Kills: 1 });
    expect(on.values('Kills', { outcome: 'terminated' })).toEqual([1]);
    expect(on.values('ConnectLatency')).toEqual([any]);
    expect(on.values('ListLatency')).toEqual([any]);
    expect(on.values('KillLatency')).toEqual([any]);
    expect(on.values('SettleLatency')).toEqual([any]);
    expect(on.values('RecordLatency')).toEqual([any, any]);
  });

  it.skipIf(!url)('refusals: by the code of the answer, once each, for one and for one of many', async () => {
    const client = await open();
    await killConnection.createHandler(services)(callOf('looker', { id: client.id }));
    expect(counted()).toEqual({ Kills: 1, Refusals: 1 });
    expect(on.values('Kills', { outcome: 'refused' })).toEqual([1]);
    expect(on.values('Refusals', { code: 'not-allowed' })).toEqual([1]);

    on.lines.length = 0;
    const kills = [{ id: client.id }, { id: '4294967290' }].map((one) => ({ ...one, kind: 'connection' }));
    await killSessions.createHandler(services)(callOf('operator', {}, { body: JSON.stringify({ kills }) }));
    expect(counted()).toEqual({ Kills: 1, Refusals: 1 });
    expect(on.values('Kills', { outcome: 'terminated' })).toEqual([1]);
    expect(on.values('Refusals', { code: 'session-not-found' })).toEqual([1]);
  });

  it.skipIf(!url)('a list: sessions by state', async () => {
    const list = async () => {
      on.lines.length = 0;
      await listSessions.createHandler(services)(callOf('operator', {}));
      const [sum = 0] = on.values('Sessions');
      const [active = 0, idle = 0, ...more] = ['Active', 'Idle', 'IdleInTransaction', 'Dying'].flatMap((state) =>
        on.values(`${state}Sessions`),
      );
      expect(more.reduce((a, b) => a + b, active + idle)).toBe(sum);
      return { active, idle };
    };
    const before = await list();
    const [, , busy] = [await open(), await open(), await open()];
    const ended = busy.run('SELECT SLEEP(30) AS t, 1 FROM (SELECT 1 UNION ALL SELECT 2) r');
    let after = await list();
    for (let round = 0; round < 600 && after.active <= before.active; round++) {
      await sleep(100);
      after = await list();
    }
    expect(after.idle).toBeGreaterThanOrEqual(before.idle + 2);
    expect(after.active).toBeGreaterThan(before.active);
    await killConnection.createHandler(services)(callOf('operator', { id: busy.id }));
    await ended;
  });
});

describe('metrics of a target that does not answer', () => {
  const on = emitting();

  it('a list that fails is an error, and its time counts', async () => {
    const services = servicesFor('mysql://nobody@127.0.0.1:1');
    await listSessions.createHandler(async () => services)(callOf('operator', {}));
    expect(on.values('Errors', { code: 'target-port-closed' })).toEqual([1]);
    expect(on.values('ConnectLatency')).toEqual([any]);
  });
});

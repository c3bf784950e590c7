import { afterEach, describe, expect, it } from 'vitest';
import { sweepAudit } from '../../lib/audit/sweep.ts';
import { sessionId } from '../../lib/sessions/session.ts';
import type { SessionView } from '../../lib/sessions/session-view.ts';
import { anIntent } from '../contract/an-intent.ts';
import { Client, isRunning, kill, leave, seen, servicesFor } from './a-server.ts';
import { engines } from './engines.ts';

const LONG = 'SELECT SLEEP(60) AS t, 1 FROM (SELECT 1 UNION ALL SELECT 2) r';
/** Everything that is open now. */
const NOW = { olderThan: -60 };

/** The intent of a kill that was about to be sent to what the view shows, when its function died. */
const intentOf = (view: SessionView, kind: 'connection' | 'query') =>
  anIntent({
    target: 'local',
    kind,
    sessionId: sessionId(view.id),
    sessionTag: view.tag,
    statementTag: view.statement?.tag ?? null,
    user: view.user,
    host: view.host,
  });

describe.each(engines)('sweep on $name', ({ url = '' }) => {
  const clients: Client[] = [];
  const open = async (): Promise<Client> => {
    const client = await Client.open(url);
    clients.push(client);
    return client;
  };
  afterEach(async () => {
    await leave(url, clients);
  });

  it.skipIf(!url)('closes a kill whose outcome could not be recorded, as what the server shows', async () => {
    const [services, client] = [servicesFor(url), await open()];
    const failing = {
      ...services.audit,
      finishAll: async (outcomes: ReadonlyMap<string, unknown>) => [...outcomes.keys()],
    };
    await kill({ ...services, audit: failing }, client.id, 'connection');
    expect(services.audit.records).toMatchObject([{ outcome: null }]);

    expect(await sweepAudit(services, NOW)).toEqual({ closed: { terminated: 1 }, open: 0 });

    expect(services.audit.records).toMatchObject([
      { outcome: 'terminated', proven: false, detail: 'sweep: session gone' },
    ]);
    expect(await sweepAudit(services, NOW)).toEqual({ closed: {}, open: 0 });
  });

  it.skipIf(!url)('claims nothing of a session or statement that is still there, and ends neither', async () => {
    const [services, client] = [servicesFor(url), await open()];
    const ended = client.run(LONG);
    const view = await seen(services, client.id, isRunning);
    await services.audit.begin(intentOf(view, 'connection'));
    await services.audit.begin(intentOf(view, 'query'));

    expect(await sweepAudit(services, NOW)).toEqual({ closed: { unknown: 2 }, open: 0 });

    expect(services.audit.records).toMatchObject([{ detail: 'sweep: still there' }, { detail: 'sweep: still there' }]);
    expect(isRunning(await seen(services, client.id))).toBe(true);
    await kill(servicesFor(url), client.id, 'connection');
    await ended;
  });

  it.skipIf(!url)(
    'says query-cancelled where the statement runs no more, and unknown where its session is gone',
    async () => {
      const [services, client, other] = [servicesFor(url), await open(), await open()];
      for (const one of [client, other]) {
        const ended = one.run(LONG);
        await services.audit.begin(intentOf(await seen(services, one.id, isRunning), 'query'));
        await kill(servicesFor(url), one.id, one === other ? 'connection' : 'query');
        await ended;
      }

      expect(await sweepAudit(services, NOW)).toEqual({ closed: { 'query-cancelled': 1, unknown: 1 }, open: 0 });
    },
  );

  it.skipIf(!url)(
    'looks at a pending kill each time, however young, until its session is gone, or gives up',
    async () => {
      const PENDING = { outcome: 'pending', proven: false, detail: null } as const;
      const [services, client, other] = [servicesFor(url), await open(), await open()];
      for (const one of [client, other]) {
        const id = await services.audit.begin(intentOf(await seen(services, one.id), 'connection'));
        await services.audit.finish(id, PENDING);
      }

      expect(await sweepAudit(services)).toEqual({ closed: {}, open: 0 });
      expect(services.audit.records).toMatchObject([PENDING, PENDING]);
      await kill(servicesFor(url), client.id, 'connection');
      expect(await sweepAudit(services)).toEqual({ closed: { terminated: 1 }, open: 0 });
      expect(await sweepAudit(services, { giveUpAfter: -60 })).toEqual({ closed: { unknown: 1 }, open: 0 });
      expect(services.audit.records).toMatchObject([{ outcome: 'terminated' }, { detail: 'sweep: still there' }]);
      expect(await other.isAlive()).toBe(true);
    },
  );

  it.skipIf(!url)('says unknown where another server answers, though the ID is not in its list', async () => {
    const services = servicesFor(url);
    await services.audit.begin(anIntent({ target: 'local', sessionTag: 'a-tag-of-another-server' }));

    await sweepAudit(services, NOW);

    expect(services.audit.records).toMatchObject([{ outcome: 'unknown', detail: 'sweep: another server' }]);
  });
});

describe('sweep', () => {
  const services = () => servicesFor('mysql://nobody@127.0.0.1:1');

  it('leaves an intent open while its target cannot be asked, and gives up on it in the end', async () => {
    const down = services();
    await down.audit.begin(anIntent({ target: 'local' }));

    expect(await sweepAudit(down, NOW)).toEqual({ closed: {}, open: 1 });
    expect(await sweepAudit(down, { ...NOW, giveUpAfter: -60 })).toEqual({ closed: { unknown: 1 }, open: 0 });
    expect(down.audit.records).toMatchObject([{ detail: 'sweep: target-port-closed' }]);
  });

  it('says unknown of a target that is none any more', async () => {
    const gone = services();
    await gone.audit.begin(anIntent({ target: 'gone' }));

    await sweepAudit(gone, NOW);

    expect(gone.audit.records).toMatchObject([{ outcome: 'unknown', detail: 'sweep: target-not-found' }]);
  });

  it('does not touch an intent that a function may still carry out', async () => {
    const young = services();
    await young.audit.begin(anIntent({ target: 'gone' }));

    expect(await sweepAudit(young)).toEqual({ closed: {}, open: 0 });
    expect(young.audit.records).toMatchObject([{ outcome: null }]);
  });

  it('stops before the next target when its time is over', async () => {
    const late = services();
    await late.audit.begin(anIntent({ target: 'gone' }));

    await sweepAudit(late, { ...NOW, isOver: () => true });

    expect(late.audit.records).toMatchObject([{ outcome: null }]);
  });
});

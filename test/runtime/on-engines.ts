import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { engines } from '../engines/engines.ts';
import { httpEvent, sqsEvent } from './events.ts';
import { answered, type Stage, session } from './stage.ts';

const LONG = 'SELECT SLEEP(60) AS t, 1 FROM (SELECT 1 UNION ALL SELECT 2) r';

/** What the functions do on every engine. */
export function onEngines({ cloud, once, open }: Stage): void {
  describe.each(engines)('on $name', ({ name: target, url }) => {
    it.skipIf(!url)('list the sessions, with a JWT and with IAM', async () => {
      const client = await open(url);
      await using lambda = await cloud().start('list-sessions');
      for (const iam of [false, true]) {
        const event = httpEvent(
          'GET',
          `/targets/${target}/sessions`,
          { target },
          { query: 'limit=1000&full=true', iam },
        );
        const { statusCode, body } = answered(await lambda.invoke(event));
        expect(statusCode).toBe(200);
        expect(body['sessions']).toContainEqual(expect.objectContaining({ id: client.id, command: 'Sleep' }));
      }
    });

    it.skipIf(!url)('end a session, and keep the record of it', async () => {
      const client = await open(url);
      const { statusCode, body } = answered(
        await once('kill-connection', httpEvent('DELETE', ...session(target, client.id), { query: 'reason=test' })),
      );
      expect(body).toMatchObject({ outcome: 'terminated', identity: 'exact', id: client.id });
      expect(statusCode).toBe(200);
      expect(await client.isAlive()).toBe(false);
      const listed = await once('list-audit', httpEvent('GET', '/audit', {}, { query: `target=${target}&limit=1` }));
      expect(answered(listed).body['records']).toMatchObject([
        { id: body['auditId'], outcome: 'terminated', reason: 'test' },
      ]);
    });

    it.skipIf(!url)('cancel a statement, and leave its session', async () => {
      const client = await open(url);
      const ended = client.run(LONG);
      await using lambda = await cloud().start('kill-query');
      for (let tries = 0, outcome: unknown = 'nothing-running'; outcome === 'nothing-running' && tries < 100; tries++) {
        const [path, parameters] = session(target, client.id);
        const answer = answered(await lambda.invoke(httpEvent('DELETE', `${path}/query`, parameters)));
        outcome = answer.body['outcome'];
        if (outcome !== 'nothing-running') expect(answer.body).toMatchObject({ outcome: 'query-cancelled' });
      }
      await ended;
      expect(await client.isAlive()).toBe(true);
    });

    it.skipIf(!url)('end many at once, and once for a key', async () => {
      const both = [await open(url), await open(url)];
      const kills = both.map(({ id }) => ({ id, kind: 'connection' }));
      const event = httpEvent('POST', `/targets/${target}/kills`, { target }, { body: { kills } });
      const keyed = { ...event, headers: { ...(event['headers'] as object), 'idempotency-key': `bulk-${target}` } };
      await using lambda = await cloud().start('kill-sessions');
      const first = answered(await lambda.invoke(keyed));
      expect(first.statusCode).toBe(200);
      expect(JSON.stringify(first.body).match(/"terminated"/g)).toHaveLength(2);
      expect(answered(await lambda.invoke(keyed)).body).toEqual(first.body);
      const other = { ...keyed, body: JSON.stringify({ kills: kills.slice(1) }) };
      expect(answered(await lambda.invoke(other))).toMatchObject({
        statusCode: 422,
        body: { code: 'idempotency-key-reused' },
      });
    });

    it.skipIf(!url)('see a session, blockers, health, and what a reaper would do', async () => {
      const client = await open(url);
      const [path, parameters] = session(target, client.id);
      const read = httpEvent('GET', path, parameters, { query: 'full=true' });
      expect(answered(await once('get-session', read)).body).toMatchObject({
        id: client.id,
      });
      const about = (name: string, body?: unknown) =>
        once(name, httpEvent(body === undefined ? 'GET' : 'POST', '/', { target }, body === undefined ? {} : { body }));
      expect(answered(await about('list-blockers')).statusCode).toBe(200);
      expect(answered(await about('check-target')).body).toMatchObject({ reachable: true });
      expect(answered(await about('preview-reap', { reaper: 'idle-runtime' })).statusCode).toBe(200);
    });

    it.skipIf(!url)('end by a rule that comes with the call what its dry run showed, once for a key', async () => {
      const victim = await open(cloud().as('runtime_asked', url));
      const rule = { match: { user: 'runtime_asked' } };
      await using lambda = await cloud().start('preview-reap');
      const ask = async (more: object) => {
        const event = httpEvent('POST', `/targets/${target}/reaps`, { target }, { body: { rule, ...more } });
        const headers = { ...(event['headers'] as object), 'idempotency-key': `rule-${target}` };
        return answered(await lambda.invoke('digest' in more ? { ...event, headers } : event));
      };
      const { digest } = (await ask({})).body;
      const ended = await ask({ dryRun: false, digest, reason: 'test' });
      expect(ended.body['victims']).toMatchObject([{ id: victim.id, outcome: 'terminated' }]);
      expect((await ask({ dryRun: false, digest, reason: 'test' })).body).toEqual(ended.body);
      expect(await victim.isAlive()).toBe(false);
    });

    it.skipIf(!url)('run a reaper from the queue, and name the message that failed', async () => {
      const idle = await open(cloud().as('runtime_idle', url));
      // A rule on times asks for two seconds at least, since a server counts whole ones.
      await sleep(3_200);
      const dueAt = new Date().toISOString();
      const order = { target, reaper: 'idle-runtime', dueAt, planId: `${dueAt.slice(0, 16)}Z` };
      const outcome = await once('reap-target', sqsEvent(order, { target }));
      expect(outcome).toEqual({ answer: { batchItemFailures: [{ itemIdentifier: expect.stringMatching(/1$/) }] } });
      expect(await idle.isAlive()).toBe(false);
    });
  });
}

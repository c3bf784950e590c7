import { afterEach, describe, expect, it } from 'vitest';
import { sessionId } from '../../lib/sessions/session.ts';
import { Client, isRunning, leave, seen, servicesFor } from './a-server.ts';
import { engines } from './engines.ts';

/** MySQL may end it without an error when it is cut, so that its record alone does not tell a cut from an end. */
const QUIET = 'SELECT SLEEP(60)';

describe.each(engines)('the record of statements on $name', ({ url = '' }) => {
  const clients: Client[] = [];
  afterEach(async () => {
    await leave(url, clients);
  });

  it.skipIf(!url)('never says of one that it ended by itself because another was killed later', async () => {
    const services = servicesFor(url);
    const database = await services.open({ name: 'local' });
    try {
      const victims = [];
      for (let at = 0; at < 2; at++) {
        const client = await Client.open(url);
        clients.push(client);
        void client.run(QUIET);
        await seen(services, client.id, isRunning);
        const [session] = await database.find([sessionId(client.id)]);
        if (session === undefined) throw new Error('the client is not listed');
        victims.push({ session, compareStatement: true });
      }
      const [first, second] = victims;
      if (first === undefined || second === undefined) throw new Error('two were started');
      expect(await database.compareAndKill([first], 'query')).toEqual(['sent']);
      await database.statementRecord(first.session);
      // It has ended for certain before the next KILL begins.
      while ((await database.find([first.session.id]))[0]?.statement != null);
      expect(await database.compareAndKill([second], 'query')).toEqual(['sent']);
      expect(['cut', 'ended-after', 'unknown', 'ended']).toContain(await database.statementRecord(first.session));
    } finally {
      await database.close();
    }
  });
});

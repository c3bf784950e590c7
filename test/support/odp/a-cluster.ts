import { type Connection, createConnection, type RowDataPacket } from 'mysql2/promise';
import { afterAll, afterEach, beforeAll } from 'vitest';
import { Client, urlAs } from '../../engines/a-server.ts';
import { type OdpClient, OdpSession, type OdpVersion } from './odp-session.ts';
import { makeViews, relayTo, type Shortcomings } from './two-observers.ts';

/** A client that came by a proxy, with the ID that the cluster lists it under. */
export type Proxied = OdpSession & { readonly listed: string };

let last = 400_000 + Math.floor(Math.random() * 90_000);

/**
 * A cluster of two observers for the tests of one suite; call it inside `describe`.
 *
 * @param url - an administrator's on the kernel behind it; empty where there is none, and nothing is set up
 * @param flips - the observers change their order from statement to statement
 */
export function aCluster(url: string, flips: boolean, shortcomings: Shortcomings = {}) {
  const on = {} as { root: Connection; service: string };
  const sessions: { close(): void }[] = [];
  const kernelPort = url === '' ? 0 : Number(new URL(url).port);
  let relay: Awaited<ReturnType<typeof relayTo>>;
  beforeAll(async () => {
    if (!url) return;
    const root = await createConnection({ uri: url, supportBigNumbers: true, bigNumberStrings: true });
    await makeViews(root);
    relay = await relayTo(kernelPort, flips, shortcomings);
    await root.query("CREATE USER IF NOT EXISTS odp_service IDENTIFIED BY 'pw'");
    await root.query('GRANT PROCESS, SUPER ON *.* TO odp_service');
    for (const schema of ['oceanbase', 'odp']) await root.query(`GRANT SELECT ON ${schema}.* TO odp_service`);
    if (shortcomings.onlyMarks) await root.query('GRANT INSERT ON odp.* TO odp_service');
    // Our own session stands on both observers too.
    await root.query('INSERT INTO odp.elsewhere VALUES (0, 2)');
    const through = new URL(urlAs(url, 'odp_service', 'pw'));
    through.port = String(relay.port);
    on.root = root;
    on.service = through.href;
  });
  afterEach(async () => {
    for (const session of sessions.splice(0)) session.close();
    if (!url) return;
    await on.root.query('DELETE FROM odp.elsewhere WHERE ID > 0');
    for (const table of ['made_up', 'marked']) await on.root.query(`DELETE FROM odp.${table}`);
  });
  afterAll(async () => {
    if (!url) return;
    await on.root.query('DROP USER odp_service, odp_client');
    await on.root.query('DROP DATABASE odp');
    await on.root.end();
    await relay.stop();
  });
  return Object.assign(on, {
    /** A client that came by a proxy, on one observer or on both. */
    async client(version: OdpVersion, observers: 1 | 2 = 1, more: Partial<OdpClient> = {}): Promise<Proxied> {
      const clientId = ++last;
      const proxySessionId = `1240250463${clientId}`;
      const clientPort = 4000 + (clientId % 999);
      const session = await OdpSession.open({
        port: kernelPort,
        version,
        clientId,
        proxySessionId,
        clientPort,
        ...more,
      });
      sessions.push(session);
      const [rows] = await on.root.query<RowDataPacket[]>(
        'SELECT CAST(ID AS CHAR) AS id FROM oceanbase.GV$OB_PROCESSLIST WHERE PROXY_SESSID = ?',
        [proxySessionId],
      );
      const listed = String(rows[0]?.['id']);
      if (observers === 2)
        await on.root.query('INSERT INTO odp.elsewhere VALUES (?, ?)', [listed, version === 'v1' ? 1 : 2]);
      return Object.assign(session, { listed });
    },
    /** A client that came directly. */
    async direct(user?: string, password = ''): Promise<Client> {
      const session = await Client.open(user === undefined ? url : urlAs(url, user, password));
      session.connection.on('error', () => {});
      sessions.push(session);
      return session;
    },
  });
}

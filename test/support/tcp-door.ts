import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

/** A TCP door in front of a server, which a test may hold shut. */
export interface TcpDoor {
  readonly port: number;
  /** Connections that are open on the client's side now. */
  readonly open: () => number;
  close(): Promise<void>;
}

/**
 * Lets `bytes` bytes of the server's answers through on each connection, and then does what `then` says: `silence`
 * (half-open), `reset`, or `cut`; a function is called, and the connection ends with the server's. Without a target it takes connections and never says a word.
 */
export async function tcpDoor(
  to: { port: number } | null,
  bytes = 0,
  then: 'silence' | 'reset' | 'cut' | (() => void) = 'silence',
): Promise<TcpDoor> {
  const sockets = new Set<Socket>();
  const upstreams = new Set<Socket>();
  const server = createServer((client) => {
    sockets.add(client);
    client.on('close', () => sockets.delete(client)).on('error', () => {});
    if (to === null) return;
    const upstream = connect(to.port, '127.0.0.1');
    upstreams.add(upstream);
    upstream
      .on('error', () => {})
      .on('close', () => {
        upstreams.delete(upstream);
        if (typeof then === 'function') client.destroy();
      });
    client.on('data', (chunk) => upstream.write(chunk)).on('close', () => upstream.destroy());
    let left = bytes;
    upstream.on('data', (chunk) => {
      const wasOpen = left > 0;
      if (wasOpen) client.write(chunk.subarray(0, left));
      left -= chunk.length;
      if (left > 0 || then === 'silence') return;
      if (typeof then === 'function') {
        if (wasOpen) then();
      } else if (then === 'reset') client.resetAndDestroy();
      else client.destroy();
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    open: () => sockets.size,
    close: async () => {
      for (const socket of [...sockets, ...upstreams]) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}

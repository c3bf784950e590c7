import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { PacketReader } from './packets.ts';
import { type Step, stepOf } from './places.ts';

/** A door before two servers of one kind, as a proxy or a failing-over address is: it may pass from one to the other at any statement. */
export interface SwitchingDoor {
  readonly port: number;
  /** Which of the two gets a statement; of a connection's login the one for `undefined` answers. */
  route: (step: Step | undefined) => 0 | 1;
  close(): void;
}

const OK = 0x00;

/** Logs each client in on both servers, which must know the account without a password. */
export async function switchingDoor(ports: readonly [number, number]): Promise<SwitchingDoor> {
  const sockets = new Set<Socket>();
  const server = createServer((client) => {
    const main = door.route(undefined);
    let killsSent = false;
    const sides = ports.map((port) => ({
      socket: connect(port, '127.0.0.1'),
      reader: new PacketReader(),
      isIn: false,
    }));
    const waiting: Buffer[] = [];
    const pass = (packet: Buffer): void => {
      const step = stepOf(packet, killsSent);
      killsSent ||= step === 'kill';
      sides[step === undefined ? main : door.route(step)]?.socket.write(packet);
    };
    let hasLogin = false;
    const fromClient = new PacketReader();
    client.on('data', (bytes: Buffer) => {
      for (const packet of fromClient.take(bytes)) {
        if (!hasLogin) for (const { socket } of sides) socket.write(packet);
        else if (sides.every(({ isIn }) => isIn)) pass(packet);
        else waiting.push(packet);
        hasLogin = true;
      }
    });
    for (const [index, side] of sides.entries()) {
      side.socket.on('data', (bytes: Buffer) => {
        for (const packet of side.reader.take(bytes)) {
          if (side.isIn || index === main) client.write(packet);
          if (!side.isIn && hasLogin && packet[4] === OK) {
            side.isIn = true;
            if (sides.every(({ isIn }) => isIn)) for (const late of waiting.splice(0)) pass(late);
          }
        }
      });
    }
    for (const socket of [client, ...sides.map((side) => side.socket)]) {
      sockets.add(socket);
      socket.on('error', () => {});
    }
    client.on('close', () => {
      for (const { socket } of sides) socket.destroy();
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const door: SwitchingDoor = {
    port: (server.address() as AddressInfo).port,
    route: () => 0,
    close: () => {
      for (const socket of sockets) socket.destroy();
      server.close();
    },
  };
  return door;
}

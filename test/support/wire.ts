import { once } from 'node:events';
import { createServer, type Server, type Socket } from 'node:net';

/** One packet of the protocol that MySQL and its kin speak. */
export function packet(sequence: number, body: Buffer): Buffer {
  const head = Buffer.alloc(4, sequence);
  head.writeUIntLE(body.length, 0, 3);
  return Buffer.concat([head, body]);
}

/** An error as servers send it before they greet. */
export function errorPacket(number: number): Buffer {
  const code = Buffer.alloc(3, 0xff);
  code.writeUInt16LE(number, 1);
  return packet(0, Buffer.concat([code, Buffer.from('canary')]));
}

/** The protocol of 4.1 with its scramble, and TLS. */
export const PLAIN = 0x8200;
export const TLS = 0x8a00;

/** A server's greeting. */
export function greeting(capabilities = PLAIN): Buffer {
  const lower = Buffer.alloc(2);
  lower.writeUInt16LE(capabilities);
  const rest = Buffer.from([0x2d, 0x02, 0x00, 0x08, 0x00, 21, ...Array(10).fill(0)]);
  const names = [Buffer.from('\x0a9.9.9\0\x01\0\0\0'), Buffer.from('12345678\0')];
  return packet(0, Buffer.concat([...names, lower, rest, Buffer.from('123456789012\0mysql_native_password\0')]));
}

/** Serves on a port of this machine. */
export async function serve(
  talk: (socket: Socket) => void,
): Promise<{ readonly port: number; readonly server: Server }> {
  const server = createServer((socket) => {
    socket.on('error', () => {});
    talk(socket);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new TypeError('no port');
  return { port: address.port, server };
}

/** What every statement is answered with: enough to log in and to learn who the server is, and nothing more. */
const ANSWER = { version: '9', comment: 'stand-in', ownId: '1', account: 'root@127.0.0.1', identity: 'stand-in' };

const text = (value: string): Buffer => Buffer.concat([Buffer.from([value.length]), Buffer.from(value)]);
const column = (name: string): Buffer =>
  Buffer.concat([
    ...['def', '', '', '', name, ''].map(text),
    Buffer.from([0x0c, 33, 0, 100, 0, 0, 0, 253, 0, 0, 0, 0, 0]),
  ]);
const EOF = Buffer.from([0xfe, 0, 0, 2, 0]);

/** For tests that need a server to be there, and nothing of it. */
export async function standInDatabase(): Promise<{ readonly url: string; readonly server: Server }> {
  const names = Object.keys(ANSWER);
  const row = Buffer.concat(Object.values(ANSWER).map(text));
  const result = [Buffer.from([names.length]), ...names.map(column), EOF, row, EOF];
  const { port, server } = await serve((socket) => {
    socket.once('data', () => {
      socket.write(packet(2, Buffer.from([0, 0, 0, 2, 0, 0, 0])));
      socket.on('data', () => socket.write(Buffer.concat(result.map((body, index) => packet(index + 1, body)))));
    });
    socket.write(greeting());
  });
  return { url: `mysql://root@127.0.0.1:${port}`, server };
}

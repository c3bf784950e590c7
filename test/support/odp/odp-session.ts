import { connect, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

// A server session as OBProxy (ODP) opens it on an observer: its login attributes over a raw socket. A driver cannot do it,
// since an observer adds an OK packet of its own after each result for a proxy.

/** What ODP says that it can: with `v2` all server sessions of a client bear the client's own ID (bit 21). */
export const CAPABILITY = { v1: '1', v2: '2097153' } as const;
export type OdpVersion = keyof typeof CAPABILITY;

/** A client of a proxy, and the observer that its session is on. */
export interface OdpClient {
  readonly port: number;
  readonly version: OdpVersion;
  /** The ID that the proxy gave its client. */
  readonly clientId: number;
  readonly proxySessionId: string;
  readonly clientIp?: string;
  readonly clientPort?: number;
  readonly user?: string;
}

/** 4.1 protocol, secure and pluggable login, attributes, several statements, a database, long passwords. */
const CAPABILITIES = 0x0200 | 0x8000 | 0x80000 | 0x100000 | 0x10000 | 0x20000 | 0x8 | 0x1;

const short = (length: number): Buffer =>
  length < 251 ? Buffer.of(length) : Buffer.of(0xfc, length & 255, length >> 8);
const counted = (text: string): Buffer => Buffer.concat([short(Buffer.byteLength(text)), Buffer.from(text)]);
const packet = (sequence: number, body: Buffer): Buffer =>
  Buffer.concat([Buffer.of(body.length & 255, (body.length >> 8) & 255, body.length >> 16, sequence), body]);

/** The packets in what came, and the rest that is not whole yet. */
export function packetsIn(bytes: Buffer): { readonly packets: readonly Packet[]; readonly rest: Buffer } {
  const packets: Packet[] = [];
  let rest = bytes;
  while (rest.length > 3 && rest.length >= rest.readUIntLE(0, 3) + 4) {
    const end = rest.readUIntLE(0, 3) + 4;
    packets.push({ sequence: rest[3] ?? 0, body: rest.subarray(4, end) });
    rest = rest.subarray(end);
  }
  return { packets, rest };
}

/** One packet of MySQL's protocol. */
export interface Packet {
  readonly sequence: number;
  readonly body: Buffer;
}

/** Writes a packet anew; its length may have changed. */
export const framed = ({ sequence, body }: Packet): Buffer => packet(sequence, body);

/** A live session that came by way of a proxy. */
export class OdpSession {
  readonly id: string;
  /** Error numbers that the client was told, in their order. */
  readonly errors: number[] = [];
  isOpen = true;
  readonly #socket: Socket;
  #replies = 0;

  private constructor(client: OdpClient) {
    this.id = String(client.clientId);
    this.#socket = connect(client.port, '127.0.0.1');
    this.#socket.on('error', () => {});
    this.#socket.on('close', () => {
      this.isOpen = false;
    });
  }

  /** Logs in. @throws Error for a login that is refused */
  static async open(client: OdpClient): Promise<OdpSession> {
    const session = new OdpSession(client);
    await session.#logIn(client);
    return session;
  }

  async #logIn(client: OdpClient): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    let phase: 'hello' | 'login' | 'on' = 'hello';
    let buffered: Buffer = Buffer.alloc(0);
    this.#socket.on('data', (data) => {
      const { packets, rest } = packetsIn(Buffer.concat([buffered, data]));
      buffered = rest;
      for (const { sequence, body } of packets) {
        if (phase === 'hello') {
          this.#socket.write(packet(sequence + 1, greeting(client)));
          phase = 'login';
        } else if (phase === 'login') {
          if (body[0] === 0xfe) this.#socket.write(packet(sequence + 1, Buffer.alloc(0)));
          else if (body[0] === 0xff) reject(new Error(body.subarray(9).toString()));
          else {
            phase = 'on';
            resolve();
          }
        } else {
          this.#replies++;
          if (body[0] === 0xff) this.errors.push(body.readUInt16LE(1));
        }
      }
    });
    this.#socket.on('close', () => reject(new Error('the server closed the connection')));
    await promise;
  }

  /** Sends a statement and forgets it. */
  send(sql: string): void {
    this.#socket.write(packet(0, Buffer.concat([Buffer.of(3), Buffer.from(sql)])));
  }

  /** Sends a statement and waits until the server has answered and fallen silent. */
  async query(sql: string): Promise<void> {
    const before = this.#replies;
    this.send(sql);
    for (let last = -1; this.isOpen && (this.#replies === before || this.#replies !== last); ) {
      last = this.#replies;
      await sleep(100);
    }
  }

  close(): void {
    this.#socket.destroy();
  }
}

function greeting(client: OdpClient): Buffer {
  const {
    version,
    clientId,
    proxySessionId,
    user = 'odp_client',
    clientIp = '100.64.1.20',
    clientPort = 4411,
  } = client;
  const attributes = {
    __mysql_client_type: '__ob_proxy',
    __connection_id: '0',
    __proxy_connection_id: proxySessionId,
    __cluster_name: 'obcluster',
    __proxy_capability_flag: CAPABILITY[version],
    __client_ip: clientIp,
    __proxy_version: '4.3.1.0',
    __client_addr_port: String(clientPort),
    __client_session_id: String(clientId),
    __client_connect_time: String(Date.now() * 1000),
  };
  const head = Buffer.alloc(32);
  head.writeUInt32LE(CAPABILITIES, 0);
  head.writeUInt32LE(0xffffff, 4);
  head[8] = 45;
  const pairs = Buffer.concat(Object.entries(attributes).flatMap(([name, value]) => [counted(name), counted(value)]));
  const names = Buffer.from(`${user}\0\0\0mysql_native_password\0`);
  return Buffer.concat([head, names, short(pairs.length), pairs]);
}

import { connect, type Socket } from 'node:net';
import { type Duplex, duplexPair } from 'node:stream';
import { TLSSocket } from 'node:tls';
import type { DoorLog, DoorOrder } from './packet-door.ts';
import { AnswerReader, PacketReader } from './packets.ts';
import { type Step, stepOf } from './places.ts';

const QUERY = 0x03;
const QUIT = 0x01;
const OK = 0x00;
const SSL_REQUEST = 36;
const SSL = 0x0800;
/** Bytes and milliseconds between them: some 500 KB in a second, and nothing that ever comes to an end. */
const PACE = { slow: { bytes: 1_024, ms: 2 }, trickle: { bytes: 1, ms: 60 } } as const;

/** One connection through a door, packet by packet. */
export class Conversation {
  readonly #order: DoorOrder;
  readonly #log: DoorLog;
  readonly #client: Socket;
  readonly #upstream: Socket;
  readonly #fromClient = new PacketReader();
  readonly #fromServer = new PacketReader();
  /** What the client is spoken to through: its socket, or TLS over it. */
  #face: Duplex;
  #phase: 'greeting' | 'login' | 'commands' = 'greeting';
  #isSecure = false;
  #mode: 'pass' | 'silent' | 'slow' | 'trickle' = 'pass';
  #killsSent = false;
  #limited = false;
  #step: Step | undefined;
  #answer = new AnswerReader();
  #passed = 0;
  readonly #kept: Buffer[] = [];
  #queue: Buffer = Buffer.alloc(0);
  #pump: NodeJS.Timeout | undefined;

  constructor(client: Socket, order: DoorOrder, log: DoorLog) {
    this.#order = order;
    this.#log = log;
    this.#client = client;
    this.#face = client;
    this.#upstream = connect(order.port, '127.0.0.1');
    client.on('error', () => {}).on('data', (bytes) => this.#fromWire(bytes));
    client.on('close', () => this.#clientLeft());
    this.#upstream
      .on('error', () => {})
      .on('data', (bytes) => {
        for (const packet of this.#fromServer.take(bytes)) this.#takeServer(packet);
      });
    this.#upstream.on('close', () => this.#isSilent || this.#face.end());
    if (this.#isAt('connect', 'before')) this.break();
  }

  break(): void {
    if (this.#log.happened || this.#client.destroyed) return;
    this.#log.happened = true;
    const { fault } = this.#order;
    this.#mode = fault === 'slow' || fault === 'trickle' ? fault : 'silent';
    if (fault === 'cut') {
      this.#client.end();
      this.#upstream.destroy();
    } else if (fault === 'reset') {
      this.#client.resetAndDestroy();
      this.#upstream.resetAndDestroy();
    }
  }

  destroy(): void {
    clearInterval(this.#pump);
    this.#client.destroy();
    this.#upstream.destroy();
  }

  /** Where the link is dead, the server does not learn that we left: it must have been told how long to wait for us. */
  #clientLeft(): void {
    clearInterval(this.#pump);
    if (this.#mode !== 'silent' || !this.#limited) this.#upstream.destroy();
  }

  #isAt(step: Step, moment: string): boolean {
    const { place } = this.#order;
    return !this.#log.happened && place.step === step && place.moment === moment;
  }

  get #isSilent(): boolean {
    return this.#mode === 'silent';
  }

  /** Bytes as they come from the client; once it speaks TLS they go to the door's own end of it. */
  #fromWire(bytes: Buffer): void {
    if (this.#isSilent) return;
    if (this.#isSecure) this.#face.emit('wire', bytes);
    else if (this.#phase === 'greeting' && bytes.readUIntLE(0, 3) + 4 === SSL_REQUEST) {
      this.#beginTls();
      // The client's hello may come along with its request.
      if (bytes.length > SSL_REQUEST) this.#fromWire(bytes.subarray(SSL_REQUEST));
    } else for (const packet of this.#fromClient.take(bytes)) this.#takeClient(packet);
  }

  #takeClient(packet: Buffer): void {
    if (this.#isSilent) return;
    if (this.#phase === 'commands') this.#takeCommand(packet);
    else this.#takeLogin(packet);
  }

  #takeLogin(packet: Buffer): void {
    if (this.#isAt('authenticate', 'before')) this.break();
    if (this.#isSilent) return;
    if (this.#isSecure) {
      packet.writeUInt8((packet[3] ?? 1) - 1, 3);
      // The server is not to wait for TLS.
      if (this.#phase === 'greeting') packet.writeUInt16LE(packet.readUInt16LE(4) & ~SSL, 4);
    }
    this.#phase = 'login';
    this.#upstream.write(packet);
  }

  #beginTls(): void {
    if (this.#isAt('tls', 'before')) this.break();
    if (this.#isSilent) return;
    this.#isSecure = true;
    const [near, far] = duplexPair();
    near.on('data', (bytes: Buffer) => {
      if (this.#isAt('tls', 'midway')) {
        this.#client.write(bytes.subarray(0, 40));
        this.break();
        this.#toWire(bytes.subarray(40));
      } else this.#toWire(bytes);
    });
    near.on('end', () => this.#isSilent || this.#client.end());
    const secure = new TLSSocket(far, {
      isServer: true,
      ...(this.#order.secure && { secureContext: this.#order.secure }),
    });
    secure.on('error', () => {}).on('wire', (bytes: Buffer) => near.write(bytes));
    secure.on('data', (bytes) => {
      for (const packet of this.#fromClient.take(bytes)) this.#takeClient(packet);
    });
    this.#face = secure;
  }

  #takeCommand(packet: Buffer): void {
    const text = packet.subarray(5).toString('latin1');
    this.#step = packet[4] === QUIT ? 'goodbye' : packet[4] === QUERY ? stepOf(text, this.#killsSent) : undefined;
    if (this.#step !== undefined && this.#isAt(this.#step, 'before')) this.break();
    if (this.#isSilent) return;
    this.#answer = new AnswerReader();
    this.#passed = 0;
    if (this.#step === 'kill') {
      this.#killsSent = true;
      this.#log.killPassed = true;
    }
    this.#upstream.write(packet);
  }

  #takeServer(packet: Buffer): void {
    if (this.#phase === 'commands') this.#takeAnswer(packet);
    else this.#toClient(this.#phase === 'greeting' ? withTls(packet) : this.#inLogin(packet));
  }

  #inLogin(packet: Buffer): Buffer {
    if (this.#isSecure) packet.writeUInt8((packet[3] ?? 0) + 1, 3);
    if (packet[4] !== OK) return packet;
    this.#phase = 'commands';
    if (this.#isAt('authenticate', 'after')) this.break();
    return packet;
  }

  #takeAnswer(packet: Buffer): void {
    const step = this.#step ?? 'goodbye';
    const isLast = this.#answer.isLast(packet);
    if (step === 'probe') this.#limited = true;
    if (this.#isAt(step, 'after')) {
      this.#kept.push(packet);
      if (!isLast) return;
      this.break();
      this.#toClient(Buffer.concat(this.#kept));
      return;
    }
    if (this.#isAt(step, 'midway') && this.#passed >= (this.#order.place.packets ?? 1)) this.break();
    this.#passed++;
    this.#toClient(packet);
  }

  #toClient(bytes: Buffer): void {
    if (this.#isSilent) return;
    if (this.#isSecure) this.#face.write(bytes);
    else this.#toWire(bytes);
  }

  #toWire(bytes: Buffer): void {
    if (this.#isSilent) return;
    if (this.#mode === 'pass' && this.#queue.length === 0) this.#client.write(bytes);
    else {
      this.#queue = Buffer.concat([this.#queue, bytes]);
      const pace = PACE[this.#mode === 'trickle' ? 'trickle' : 'slow'];
      this.#pump ??= setInterval(() => {
        if (this.#queue.length === 0) return;
        this.#client.write(this.#queue.subarray(0, pace.bytes));
        this.#queue = this.#queue.subarray(pace.bytes);
      }, pace.ms);
    }
  }
}

/** The server's greeting, with TLS offered whether it has it or not, since the door has. */
function withTls(packet: Buffer): Buffer {
  const capabilities = packet.indexOf(0, 5) + 1 + 4 + 8 + 1;
  packet.writeUInt16LE(packet.readUInt16LE(capabilities) | SSL, capabilities);
  return packet;
}

import { connect, type Socket } from 'node:net';
import { AnswerGate } from './answer-gate.ts';
import { askedForTls, inPlain, offeringTls, renumber, type SecureFace, secureFace } from './door-tls.ts';
import { Link } from './link.ts';
import type { DoorLog, DoorOrder } from './packet-door.ts';
import { PacketReader } from './packets.ts';
import { type Step, stepOf } from './places.ts';

const OK = 0x00;

/** One connection through a door, packet by packet. */
export class Conversation {
  readonly #order: DoorOrder;
  readonly #log: DoorLog;
  readonly #client: Socket;
  readonly #upstream: Socket;
  readonly #fromClient = new PacketReader();
  readonly #fromServer = new PacketReader();
  readonly #link: Link;
  /** The client speaks TLS. */
  #secure: SecureFace | undefined;
  #phase: 'greeting' | 'login' | 'commands' = 'greeting';
  #killsSent = false;
  #limited = false;
  #step: Step | undefined;
  #answer = new AnswerGate();

  constructor(client: Socket, order: DoorOrder, log: DoorLog) {
    this.#order = order;
    this.#log = log;
    this.#client = client;
    this.#link = new Link(client);
    this.#upstream = connect(order.port, '127.0.0.1');
    client.on('error', () => {}).on('data', (bytes) => this.#fromWire(bytes));
    client.on('close', () => this.#clientLeft());
    this.#upstream
      .on('error', () => {})
      .on('data', (bytes) => {
        for (const packet of this.#fromServer.take(bytes)) this.#takeServer(packet);
      });
    this.#upstream.on('close', () => this.#isSilent || (this.#secure?.socket ?? client).end());
    if (this.#isAt('connect', 'before')) this.break();
  }

  break(): void {
    if (this.#log.happened || this.#client.destroyed) return;
    this.#log.happened = true;
    this.#link.break(this.#order.fault, this.#upstream);
  }

  destroy(): void {
    this.#link.close();
    this.#client.destroy();
    this.#upstream.destroy();
  }

  /** Where the link is dead, the server does not learn that we left: it must have been told how long to wait for us. */
  #clientLeft(): void {
    this.#link.close();
    if (!this.#isSilent || !this.#limited) this.#upstream.destroy();
  }

  #isAt(step: Step, moment: string): boolean {
    const { place } = this.#order;
    return !this.#log.happened && place.step === step && place.moment === moment;
  }

  get #isSilent(): boolean {
    return this.#link.isSilent;
  }

  /** Bytes as they come from the client; once it speaks TLS they go to the door's own end of it. */
  #fromWire(bytes: Buffer): void {
    if (this.#isSilent) return;
    const hello = this.#phase === 'greeting' && this.#secure === undefined ? askedForTls(bytes) : undefined;
    if (this.#secure !== undefined) this.#secure.take(bytes);
    else if (hello === undefined) for (const packet of this.#fromClient.take(bytes)) this.#takeClient(packet);
    else {
      this.#beginTls();
      if (hello.length > 0) this.#fromWire(hello);
    }
  }

  #takeClient(packet: Buffer): void {
    if (this.#isSilent) return;
    if (this.#phase === 'commands') this.#takeCommand(packet);
    else this.#takeLogin(packet);
  }

  #takeLogin(packet: Buffer): void {
    if (this.#isAt('authenticate', 'before')) this.break();
    if (this.#isSilent) return;
    this.#upstream.write(this.#secure === undefined ? packet : inPlain(packet, this.#phase === 'greeting'));
    this.#phase = 'login';
  }

  #beginTls(): void {
    if (this.#isAt('tls', 'before')) this.break();
    if (this.#isSilent) return;
    const toWire = (bytes: Buffer): void => {
      const isDue = this.#isAt('tls', 'midway');
      if (isDue) {
        this.#client.write(bytes.subarray(0, 40));
        this.break();
      }
      this.#link.write(isDue ? bytes.subarray(40) : bytes);
    };
    const ended = () => this.#isSilent || this.#client.end();
    this.#secure = secureFace(this.#order.secure, { toWire, ended });
    this.#secure.socket.on('data', (bytes) => {
      for (const packet of this.#fromClient.take(bytes)) this.#takeClient(packet);
    });
  }

  #takeCommand(packet: Buffer): void {
    this.#step = stepOf(packet, this.#killsSent);
    if (this.#step !== undefined && this.#isAt(this.#step, 'before')) this.break();
    if (this.#isSilent) return;
    this.#answer = new AnswerGate();
    if (this.#step === 'kill') {
      this.#killsSent = true;
      this.#log.killPassed = true;
    }
    this.#upstream.write(packet);
  }

  #takeServer(packet: Buffer): void {
    if (this.#phase === 'commands') this.#takeAnswer(packet);
    else this.#toClient(this.#phase === 'greeting' ? offeringTls(packet) : this.#inLogin(packet));
  }

  #inLogin(packet: Buffer): Buffer {
    if (this.#secure !== undefined) renumber(packet, 1);
    if (packet[4] !== OK) return packet;
    this.#phase = 'commands';
    if (this.#isAt('authenticate', 'after')) this.break();
    return packet;
  }

  #takeAnswer(packet: Buffer): void {
    const step = this.#step ?? 'goodbye';
    if (step === 'probe') this.#limited = true;
    const { place } = this.#order;
    const isDue = !this.#log.happened && place.step === step;
    const { breaks, bytes } = this.#answer.take(packet, isDue ? place : undefined);
    if (breaks) this.break();
    this.#toClient(bytes);
  }

  #toClient(bytes: Buffer): void {
    if (this.#isSilent) return;
    if (this.#secure === undefined) this.#link.write(bytes);
    else this.#secure.socket.write(bytes);
  }
}

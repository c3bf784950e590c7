import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import type { SecureContext } from 'node:tls';
import { Conversation } from './conversation.ts';
import type { Fault, Place } from './places.ts';

/** What a door is to do, and to whose connections. */
export interface DoorOrder {
  /** Of the server behind it, on this machine. */
  readonly port: number;
  readonly place: Place;
  readonly fault: Fault;
  /** The certificate that the door shows to a client that wants TLS; none where none will. */
  readonly secure?: SecureContext;
}

/** What has happened at a door. */
export interface DoorLog {
  happened: boolean;
  /** The server got a packet that holds a KILL. */
  killPassed: boolean;
}

/**
 * A door before a server that reads the protocol, and breaks the first connection that comes to a certain place. It speaks
 * TLS with the client itself and plain text with the server, so that it can read what it breaks.
 */
export class PacketDoor {
  readonly port: number;
  readonly log: DoorLog;
  readonly #conversations: ReadonlySet<Conversation>;
  readonly #close: () => void;

  private constructor(port: number, log: DoorLog, conversations: ReadonlySet<Conversation>, close: () => void) {
    this.port = port;
    this.log = log;
    this.#conversations = conversations;
    this.#close = close;
  }

  static async open(order: DoorOrder): Promise<PacketDoor> {
    const conversations = new Set<Conversation>();
    const log: DoorLog = { happened: false, killPassed: false };
    const server = createServer((client) => {
      conversations.add(new Conversation(client, order, log));
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return new PacketDoor((server.address() as AddressInfo).port, log, conversations, () => server.close());
  }

  /** Lets the fault happen now, whatever is going on. */
  break(): void {
    for (const conversation of this.#conversations) conversation.break();
  }

  close(): void {
    for (const conversation of this.#conversations) conversation.destroy();
    this.#close();
  }
}

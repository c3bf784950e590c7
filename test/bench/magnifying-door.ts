import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

/** What a door adds to the process lists that come through it. */
export interface Magnified {
  /** How many sessions the server has: an answer with at least half as many rows is a process list. */
  readonly real: number;
  /** How many rows a process list is to have. */
  readonly sessions: number;
  /** Characters of the statement that each added session runs; 0: they sleep. */
  readonly statement: number;
}

const QUERY = 3;
const MORE_RESULTS = 8;
/** Above what servers give in a test, and below 2^31. */
const FIRST_ID = 2_000_000_000;
// What would change the form of an answer, or hide it: CLIENT_COMPRESS, CLIENT_SSL and CLIENT_DEPRECATE_EOF.
const HIDDEN = 0x01000820;
/** Says that the server is MySQL, so that no client asks for MariaDB's own forms. */
const CLIENT_MYSQL = 1;

/** Bytes with their length before them, as cells of a row are. */
function cell(value: string): Buffer {
  const bytes = Buffer.from(value);
  if (bytes.length < 251) return Buffer.concat([Buffer.from([bytes.length]), bytes]);
  return Buffer.concat([Buffer.from([0xfc, bytes.length % 256, bytes.length >> 8]), bytes]);
}

/** The cells of a row, each with its length. */
function cellsOf(row: Buffer): readonly Buffer[] {
  const cells: Buffer[] = [];
  for (let at = 0; at < row.length; ) {
    const first = row.readUInt8(at);
    const size = first === 0xfc ? 3 + row.readUInt16LE(at + 1) : first === 0xfd ? 4 + row.readUIntLE(at + 1, 3) : 1;
    const end = at + size + (first < 0xfb ? first : 0);
    cells.push(row.subarray(at, end));
    at = end;
  }
  return cells;
}

/** The fifth text of a column's definition: catalog, schema, table, its true name, and the name. */
const columnName = (definition: Buffer): string => cellsOf(definition)[4]?.subarray(1).toString().toLowerCase() ?? '';

const packetOf = (body: Buffer): Buffer => {
  const head = Buffer.alloc(4);
  head.writeUIntLE(body.length, 0, 3);
  return Buffer.concat([head, body]);
};

/** Numbers packets that follow one another. @returns the number of the next */
function numberPackets(packets: Buffer, first: number): number {
  let number = first;
  for (let at = 0; at < packets.length; at += 4 + packets.readUIntLE(at, 3)) packets[at + 3] = number++ & 0xff;
  return number;
}

/** Copies of the rows of sleepers, each with an ID of its own. */
function copies(columns: readonly string[], rows: readonly Buffer[], count: number, statement: number): Buffer {
  const [id, command] = [columns.indexOf('id'), columns.indexOf('command')];
  const text = cell(`SELECT ${'a'.repeat(statement)}`.slice(0, statement));
  const sleepers = rows.map(cellsOf).filter((cells) => /^sleep$/i.test(cells[command]?.subarray(1).toString() ?? ''));
  const made = Array.from({ length: count }, (_, index) => {
    const cells = [...(sleepers[index % sleepers.length] ?? [])];
    cells[id] = cell(String(FIRST_ID + index));
    if (statement > 0) {
      cells[command] = cell('Query');
      cells[columns.findIndex((name) => name === 'text' || name === 'info')] = text;
    }
    return packetOf(Buffer.concat(cells));
  });
  return Buffer.concat(made);
}

/** One answer on its way: what comes next in it. */
class Answer {
  #next: 'head' | 'columns' | 'rows' | 'end' = 'head';
  #columns: string[] = [];
  #rows: Buffer[] = [];
  #number = 1;
  readonly #added: (columns: readonly string[], rows: readonly Buffer[]) => Buffer | undefined;

  constructor(added: (columns: readonly string[], rows: readonly Buffer[]) => Buffer | undefined) {
    this.#added = added;
  }

  get isOver(): boolean {
    return this.#next === 'end';
  }

  /** Takes the next packet of the server. @returns what the client is sent */
  take(packet: Buffer): readonly Buffer[] {
    const body = packet.subarray(4);
    const out = [...this.#before(body), packet];
    for (const packets of out) this.#number = numberPackets(packets, this.#number);
    return out;
  }

  /** What goes before a packet. */
  #before(body: Buffer): readonly Buffer[] {
    const first = body.readUInt8(0);
    const isEof = first === 0xfe && body.length < 9;
    if (first === 0xff) this.#next = 'end';
    else if (this.#next === 'head') this.#begin(body, first);
    else if (this.#next === 'columns' && isEof) this.#next = 'rows';
    else if (this.#next === 'columns') this.#columns.push(columnName(body));
    else if (isEof) {
      this.#next = (body.readUInt16LE(3) & MORE_RESULTS) === 0 ? 'end' : 'head';
      const added = this.#added(this.#columns, this.#rows);
      return added === undefined ? [] : [added];
    } else this.#rows.push(body);
    return [];
  }

  #begin(body: Buffer, first: number): void {
    this.#columns = [];
    this.#rows = [];
    if (first !== 0) {
      this.#next = 'columns';
      return;
    }
    // An OK: two numbers, and then the status.
    const [affected, inserted] = cellsNumbers(body);
    this.#next = (body.readUInt16LE(1 + affected + inserted) & MORE_RESULTS) === 0 ? 'end' : 'head';
  }
}

/** How many bytes the two numbers of an OK take. */
function cellsNumbers(body: Buffer): readonly [number, number] {
  const sizeAt = (at: number): number => ({ 252: 3, 253: 4, 254: 9 })[body.readUInt8(at)] ?? 1;
  const affected = sizeAt(1);
  return [affected, sizeAt(1 + affected)];
}

function hideFromGreeting(packet: Buffer): void {
  // After the protocol's number, the version up to its NUL, the thread, eight bytes of the scramble and a zero.
  const low = packet.indexOf(0, 5) + 1 + 4 + 8 + 1;
  packet.writeUInt16LE((packet.readUInt16LE(low) & ~HIDDEN & 0xffff) | CLIENT_MYSQL, low);
  packet.writeUInt16LE(packet.readUInt16LE(low + 5) & ~(HIDDEN >>> 16), low + 5);
}

/**
 * A door in front of a server through which its process lists look as if there were more sessions: whatever it answers with
 * a column `id` and many rows is followed by copies of these rows. They are made once and kept, so that who measures
 * waits for the server and the wire, and not for the door. All else goes through as it is.
 */
export async function magnifyingDoor(to: number, { real, sessions, statement }: Magnified) {
  const sockets = new Set<Socket>();
  const kept = new Map<string, Buffer>();
  const added = (columns: readonly string[], rows: readonly Buffer[]): Buffer | undefined => {
    if (!columns.includes('id') || rows.length < real / 2) return undefined;
    const key = columns.join();
    // Their number wavers with our own connections; that of the copies does not.
    const made = kept.get(key) ?? copies(columns, rows, sessions - rows.length, statement);
    kept.set(key, made);
    return made;
  };
  const server = createServer((client) => {
    const upstream = connect(to, '127.0.0.1');
    for (const socket of [client, upstream]) {
      sockets.add(socket);
      socket.setNoDelay(true).on('error', () => {});
      socket.on('close', () => {
        sockets.delete(socket);
        (socket === client ? upstream : client).destroy();
      });
    }
    let answer: Answer | undefined;
    let isGreeted = false;
    let left: Buffer = Buffer.alloc(0);
    client.on('data', (chunk) => {
      if (answer === undefined && chunk[3] === 0 && chunk[4] === QUERY) answer = new Answer(added);
      upstream.write(chunk);
    });
    upstream.on('data', (chunk) => {
      if (isGreeted && answer === undefined) {
        client.write(chunk);
        return;
      }
      left = Buffer.concat([left, chunk]);
      const out: Buffer[] = [];
      let at = 0;
      for (let end = 0; left.length >= at + 4; at = end) {
        end = at + 4 + left.readUIntLE(at, 3);
        if (left.length < end) break;
        const packet = left.subarray(at, end);
        if (!isGreeted) hideFromGreeting(packet);
        isGreeted = true;
        out.push(...(answer?.take(packet) ?? [packet]));
        if (answer?.isOver) answer = undefined;
      }
      left = left.subarray(at);
      client.write(Buffer.concat(out));
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    /** Whether a process list has come through it. */
    isUsed: () => kept.size > 0,
    close: async (): Promise<void> => {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}

const HEADER = 4;

/** Cuts a stream of bytes into MySQL packets, header included. Source: MySQL's protocol documentation, "MySQL Packets". */
export class PacketReader {
  #rest: Buffer = Buffer.alloc(0);

  /** The packets that are complete with these bytes. */
  take(bytes: Buffer): Buffer[] {
    this.#rest = Buffer.concat([this.#rest, bytes]);
    const packets: Buffer[] = [];
    while (this.#rest.length >= HEADER) {
      const length = HEADER + this.#rest.readUIntLE(0, 3);
      if (this.#rest.length < length) break;
      packets.push(this.#rest.subarray(0, length));
      this.#rest = this.#rest.subarray(length);
    }
    return packets;
  }
}

const OK = 0x00;
const END = 0xfe;
const ERROR = 0xff;
const MORE_RESULTS = 0x0008;

/** Follows the answer to one command, of one result or several, packet by packet. For connections without DEPRECATE_EOF. */
export class AnswerReader {
  #part: 'head' | 'columns' | 'rows' = 'head';

  /** True for the last packet of the last result. */
  isLast(packet: Buffer): boolean {
    const first = packet[HEADER] ?? ERROR;
    if (first === ERROR) return true;
    const isEnd = first === END && packet.length < HEADER + 9;
    if (this.#part === 'head') {
      if (first === OK) return !hasMore(packet, afterNumbers(packet, 2));
      this.#part = 'columns';
    } else if (isEnd && this.#part === 'columns') {
      this.#part = 'rows';
    } else if (isEnd) {
      this.#part = 'head';
      return !hasMore(packet, HEADER + 3);
    }
    return false;
  }
}

const hasMore = (packet: Buffer, offset: number): boolean => (packet.readUInt16LE(offset) & MORE_RESULTS) !== 0;

const SIZES: Readonly<Record<number, number>> = { 252: 3, 253: 4, 254: 9 };

/** Where the status of an OK packet stands: behind its affected rows and its last ID, which are of changing length. */
function afterNumbers(packet: Buffer, count: number): number {
  let offset = HEADER + 1;
  for (let n = 0; n < count; n++) offset += SIZES[packet[offset] ?? 0] ?? 1;
  return offset;
}

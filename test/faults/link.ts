import type { Socket } from 'node:net';
import type { Fault } from './places.ts';

/** Bytes and milliseconds between them: some 500 KB in a second, and nothing that ever comes to an end. */
const PACE = { slow: { bytes: 1_024, ms: 2 }, trickle: { bytes: 1, ms: 60 } } as const;

/** The way to a client: sound, until a fault befalls it. */
export class Link {
  readonly #socket: Socket;
  #pace: (typeof PACE)[keyof typeof PACE] | undefined;
  #isSilent = false;
  #queue: Buffer = Buffer.alloc(0);
  #pump: NodeJS.Timeout | undefined;

  constructor(socket: Socket) {
    this.#socket = socket;
  }

  /** Nothing goes through any more. */
  get isSilent(): boolean {
    return this.#isSilent;
  }

  /** From now on it is slow, or silent; cut and reset close it, and the way to the server with it. */
  break(fault: Fault, upstream: Socket): void {
    if (fault === 'slow' || fault === 'trickle') {
      this.#pace = PACE[fault];
      return;
    }
    this.#isSilent = true;
    if (fault === 'cut') {
      this.#socket.end();
      upstream.destroy();
    } else if (fault === 'reset') {
      this.#socket.resetAndDestroy();
      upstream.resetAndDestroy();
    }
  }

  write(bytes: Buffer): void {
    if (this.#isSilent) return;
    const pace = this.#pace;
    if (pace === undefined) {
      this.#socket.write(bytes);
      return;
    }
    this.#queue = Buffer.concat([this.#queue, bytes]);
    this.#pump ??= setInterval(() => {
      if (this.#queue.length === 0) return;
      this.#socket.write(this.#queue.subarray(0, pace.bytes));
      this.#queue = this.#queue.subarray(pace.bytes);
    }, pace.ms);
  }

  close(): void {
    clearInterval(this.#pump);
  }
}

import { AnswerReader } from './packets.ts';
import type { Place } from './places.ts';

/** What is to become of a packet of an answer: the fault happens now or not, and then these bytes go on, if any. */
export interface Passage {
  readonly breaks: boolean;
  readonly bytes: Buffer;
}

const NOTHING = Buffer.alloc(0);

/** Lets the answer to one command pass, packet by packet, up to where a fault is due. */
export class AnswerGate {
  readonly #reader = new AnswerReader();
  readonly #kept: Buffer[] = [];
  #passed = 0;

  /** @param place - where the fault is due, if it is in this answer */
  take(packet: Buffer, place: Place | undefined): Passage {
    const isLast = this.#reader.isLast(packet);
    if (place?.moment === 'after') {
      this.#kept.push(packet);
      return isLast ? { breaks: true, bytes: Buffer.concat(this.#kept) } : { breaks: false, bytes: NOTHING };
    }
    const breaks = place?.moment === 'midway' && this.#passed >= (place.packets ?? 1);
    this.#passed++;
    return { breaks, bytes: packet };
  }
}

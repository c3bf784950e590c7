import * as z from 'zod/mini';

/**
 * What a channel says of itself, in `<name>/about.ts`: data and schemas alone, so that reading it loads no code of a
 * platform. Types, the secret, warden.yaml, routes, functions and roles follow from it.
 */
export interface ChannelAbout {
  /** Lower case: also its folder, its function, the path `/chat/<name>`, and its part of the secret and of warden.yaml. */
  readonly name: string;
  /** Who asks by it. Of machines and alerts there are several senders, told apart by one more part of the path. */
  readonly asks: 'person' | 'machine' | 'alert';
  /** False where the platform cannot vouch for what is asked: then it lists and shows, and ends nothing. */
  readonly mayEnd: boolean;
  /** How warden.yaml writes its people: IDs, never names, which are chosen by their bearers. Absent where no person is known. */
  readonly identity?: {
    /** The last part after `/` is the person, whom a mention rings; `*` there is everybody. */
    readonly pattern: RegExp;
    readonly error: string;
    /** Whom `npm run chat` plays: one who may end everything, and one who needs that one's approval. */
    readonly played: { readonly operator: string; readonly asker: string };
  };
  /** Its part of `CHAT_SECRET`; with `places`, by name, where it has a `reply`. */
  readonly secret: z.ZodMiniType;
  /** Where the answer to a request goes. Absent where answers go to places of other channels only. */
  readonly reply?: z.ZodMiniType;
}

/** Text of a secret. */
export const text = z.string().check(z.minLength(1), z.maxLength(4096));

/** One or more IDs of the platform's own. */
export const ids = z.array(text).check(z.minLength(1));

/** Where messages go that were not asked for, by the place's name. The channel says what a place is. */
export const places = z._default(z.record(z.string(), text), {});

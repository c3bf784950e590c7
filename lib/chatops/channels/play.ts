import type { ChatSecrets } from './channel.ts';

/** A request as a platform sends it. */
export interface SignedByPlatform {
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** A button that was shown: what the platform would send for it. */
export interface ShownButton {
  readonly label: string;
  readonly action: string;
  readonly value: unknown;
}

/** A message as a person would see it. */
export interface ShownMessage {
  readonly lines: readonly string[];
  /** Posted at a place, and not an answer. */
  readonly isAtPlace: boolean;
  readonly buttons: readonly ShownButton[];
}

/** Who asks, and when. */
export interface Playing {
  readonly secrets: ChatSecrets;
  /** An identity as warden.yaml writes it; of a machine or an alerter the name in its path. */
  readonly as: string;
  readonly now: Date;
}

/**
 * How one machine plays a channel, for `npm run chat` and for the tests that every channel passes: `<name>/play.ts` exports
 * one as `play`. No function loads it.
 */
export interface Play {
  /** Its part of the secret, made at random, with a place `ops` where it has places. */
  secret(): unknown;
  /** What the platform sends when a person writes this line. */
  command(line: string, playing: Playing): SignedByPlatform;
  /** What the platform sends when a person presses this button; absent where there are none. */
  press?(button: ShownButton, playing: Playing): SignedByPlatform;
  /** What simulates the platform; absent where no message goes there. */
  readonly screen?: {
    readonly hosts: readonly string[];
    /** What it answers to whatever it took. */
    readonly accepted: unknown;
    /** What it shows of a body that was sent to a URL; `undefined` for what is no message. */
    shown(url: URL, body: unknown): ShownMessage | undefined;
  };
}

type Fields = Readonly<Record<string, unknown>>;

/** The fields of what may be anything. */
export const fields = (value: unknown): Fields => ({ ...(typeof value === 'object' ? value : undefined) });

/** The elements of what may be anything. */
export const list = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);

/** A field's text, `''` for anything else. */
export const textOf = (value: unknown, name: string): string => {
  const found = fields(value)[name];
  return typeof found === 'string' ? found : '';
};

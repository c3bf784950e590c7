import type { ErrorCode } from '../errors.ts';
import type { Approvers } from '../privileges/access-rules.ts';
import type { Principal } from '../privileges/principal.ts';
import type { Outcome } from '../sessions/kill/outcome.ts';
import type { KillKind } from '../sessions/session.ts';
import type { Kept } from './replay-store.ts';

/** What a request is for. */
export type Wanted =
  | { readonly do: 'kill'; readonly kind: KillKind; readonly target: string; readonly id: string; readonly tag: string }
  | {
      /** Several at once, asked for over HTTP. */
      readonly do: 'kills';
      readonly target: string;
      readonly kills: readonly { readonly id: string; readonly kind: KillKind; readonly tag: string }[];
    }
  | {
      readonly do: 'reap';
      readonly target: string;
      readonly rule: string;
      /** Those that were shown; no other session is ended. */
      readonly victims: readonly { readonly id: string; readonly tag: string }[];
    }
  | {
      readonly do: 'end';
      readonly target: string;
      /** A rule as `lib/reaper/policy-schema.ts` reads it. */
      readonly rule: Readonly<Record<string, unknown>>;
      readonly limit: number | null;
      /** Of the dry run that was shown; `null` where none was yet, so that a press shows one. */
      readonly digest: string | null;
      readonly count: number;
    }
  | {
      readonly do: 'keep';
      readonly target: string;
      readonly rule: string;
      readonly id: string;
      readonly tag: string;
      /** See {@link import('./warning-store.ts').warningName}. */
      readonly warning: string;
      /** The requests of all rows of its message, itself too, so that the message can be shown again. */
      readonly message: readonly string[];
    };

/** What a button does. The button carries the ID alone, so nothing of this can be changed by who presses it. */
export interface ChatRequest {
  readonly id: string;
  readonly wanted: Wanted;
  /** One masked line of what it is about, for those who decide. */
  readonly about: string;
  /** Who asked; `null` where an alert or a warning offered it: then the person who presses asks. */
  readonly requester: Principal | null;
  /** Who may approve; `null` where no approval is needed. */
  readonly approvers: Approvers | null;
  /** The record that approval was asked for; `null` where no approval is needed. */
  readonly auditId: string | null;
  readonly reason: string | null;
  /** Milliseconds since the epoch; ten minutes away at most, unless it keeps something. From then on it does nothing. */
  readonly expiresAt: number;
  readonly state: 'open' | 'approved' | 'denied';
  /** Whose decision it was. */
  readonly decidedBy: string | null;
  /** What became of it once it was approved; absent while that is not known, which it may stay for good. */
  readonly end?: RequestEnd;
}

/** What became of one session of a request that was approved. */
export interface RequestResult {
  readonly id: string;
  readonly kind: KillKind;
  /** `null` where it is not known, and where it failed: then `code` says why. */
  readonly outcome: Outcome | null;
  readonly proven: boolean;
  readonly auditId: string | null;
  readonly code: ErrorCode | null;
}

/** What became of a request that was approved. */
export interface RequestEnd {
  readonly results: readonly RequestResult[];
  /** Why it failed as a whole; `null` where it did not. */
  readonly code: ErrorCode | null;
}

/** Keeps requests until they expire. */
export interface RequestStore {
  putAll(requests: readonly ChatRequest[]): Promise<void>;
  /** The request, also an expired one that is still there. */
  get(id: string): Promise<ChatRequest | undefined>;
  /** Closes an open request that has not expired. Of many at once, one gets true. */
  decide(id: string, state: 'approved' | 'denied', by: string): Promise<boolean>;
  /** Keeps what became of an approved request, for who asked. */
  finish(id: string, end: RequestEnd): Promise<void>;
}

/** A request store for one process, in its memory unless told where. */
export function memoryRequestStore(
  now: () => number = Date.now,
  requests: Kept<ChatRequest> = new Map<string, ChatRequest>(),
): RequestStore {
  return {
    putAll: async (more) => {
      for (const [id, { expiresAt }] of requests) if (expiresAt + 3_600_000 < now()) requests.delete(id);
      for (const request of more) requests.set(request.id, request);
    },
    get: async (id) => requests.get(id),
    decide: async (id, state, decidedBy) => {
      const request = requests.get(id);
      if (request === undefined || request.state !== 'open' || request.expiresAt <= now()) return false;
      requests.set(id, { ...request, state, decidedBy });
      return true;
    },
    finish: async (id, end) => {
      const request = requests.get(id);
      if (request !== undefined) requests.set(id, { ...request, end });
    },
  };
}

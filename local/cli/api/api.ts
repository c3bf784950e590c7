import * as z from 'zod/mini';
import { Failure } from '../help.ts';

/** A request of the HTTP API, whichever way it goes. */
export interface ApiRequest {
  readonly method: string;
  /** Encoded, without a query. */
  readonly path: string;
  readonly query?: Readonly<Record<string, string | undefined>>;
  readonly headers?: Readonly<Record<string, string>>;
  /** Sent as JSON. */
  readonly body?: unknown;
}

/** What the API answered: a problem is an answer too. */
export interface ApiAnswer {
  readonly status: number;
  /** Parsed JSON. */
  readonly body: unknown;
  readonly headers: Readonly<Record<string, string>>;
}

/**
 * The HTTP API of a deployment, of a gateway, or of the handlers in this process: one path for every command, so that each
 * validates, refuses and words alike.
 */
export interface Api {
  /** The target that is meant where none is named; `undefined` where nobody can say. */
  readonly target: string | undefined;
  /** @throws UsageError where it cannot be asked at all */
  send(request: ApiRequest): Promise<ApiAnswer>;
  close(): void;
}

/** A way, with a query, that is encoded as a signature and every server read it alike. */
export function withQuery(path: string, query: ApiRequest['query'] = {}): string {
  const pairs = Object.entries(query).flatMap(([name, value]) =>
    value === undefined ? [] : [`${encodeURIComponent(name)}=${encodeURIComponent(value)}`],
  );
  return pairs.length === 0 ? path : `${path}${path.includes('?') ? '&' : '?'}${pairs.join('&')}`;
}

/** The path of what belongs to a target. */
export const ofTarget = (target: string, rest: string): string => `/targets/${encodeURIComponent(target)}/${rest}`;

const problemSchema = z.object({
  title: z.optional(z.string()),
  detail: z.optional(z.string()),
  hint: z.optional(z.string()),
  code: z.optional(z.string()),
  message: z.optional(z.string()),
});

/** The API refused or failed. */
export class Problem extends Error {
  override readonly name = 'Problem';
  /** The catalogue's; `undefined` where something before the API answered. */
  readonly code: string | undefined;

  readonly answer: ApiAnswer;

  constructor(answer: ApiAnswer) {
    const { data = {} } = z.safeParse(problemSchema, answer.body);
    // API Gateway itself says `message`.
    const title = data.title ?? data.message ?? `The server answered ${answer.status}.`;
    super([title, data.detail, data.hint, FURTHER[data.code ?? '']].filter(Boolean).join('\n'));
    this.code = data.code;
    this.answer = answer;
  }
}

const FURTHER: Readonly<Record<string, string>> = {
  'target-not-found': 'warden targets lists the targets; --target names one.',
};

/** Asks, and reads what is shown of the answer. @throws Problem, UsageError */
export async function ask<T>(api: Api, request: ApiRequest, schema: z.ZodMiniType<T>): Promise<Asked<T>> {
  const answer = await api.send(request);
  if (answer.status >= 300) throw new Problem(answer);
  const { success, data, error } = z.safeParse(schema, answer.body);
  if (success) return { answer, data };
  const [issue] = error.issues;
  throw new Failure(
    `The server's answer is none that this version of warden reads (${issue?.path.join('.') || 'the answer'}). Use the command of the server's version; --json shows what it answers.`,
  );
}

/** An answer, as it came and as it was read. */
export interface Asked<T> {
  readonly answer: ApiAnswer;
  readonly data: T;
}

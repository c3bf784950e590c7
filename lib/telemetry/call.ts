import { AsyncLocalStorage } from 'node:async_hooks';
import { randomUUID } from 'node:crypto';
import { AppError } from '../errors.ts';
import { preparePublishing } from './publish.ts';
import { measure } from './samples.ts';
import { type Annotations, beginSpan, endSpan, type Span } from './span.ts';

/** What is known of the call that some code runs for, wherever that code stands. */
interface Call {
  readonly correlationId: string;
  /** Where its steps go in the trace; none where it is not sampled. */
  readonly span: Span | undefined;
}

const calls = new AsyncLocalStorage<Call>();

/** The metric that each step's time goes to. */
const STEPS = {
  connect: 'ConnectLatency',
  list: 'ListLatency',
  intent: 'RecordLatency',
  kill: 'KillLatency',
  settle: 'SettleLatency',
  outcome: 'RecordLatency',
} as const;

/** A part of a call that is worth its own time. */
export type Step = keyof typeof STEPS;

/** The ID that links request, log, record, trace and SQL comment; a new one where no call is known. */
export const currentCorrelationId = (): string => calls.getStore()?.correlationId ?? randomUUID();

/** The same for log lines, which need none where no call is known. */
export const knownCorrelationId = (): string | undefined => calls.getStore()?.correlationId;

/**
 * Runs work as a call of its own, or as one of those that a call is made of, such as a message of a batch.
 *
 * @param span - of the whole call; without it, one within the span of the call around it, if that has one
 */
export async function inCall<Result>(
  { correlationId, name, span }: { readonly correlationId: string; readonly name: string; readonly span?: Span },
  work: () => Promise<Result>,
): Promise<Result> {
  const around = calls.getStore()?.span;
  const own = span ?? (around && beginSpan(name, around));
  if (own !== undefined) own.annotations.correlationId = correlationId;
  return calls.run({ correlationId, span: own }, () => (own === undefined ? work() : within(own, work)));
}

/** Measures a step of the present call, and shows it in its trace. Adds nothing to what the work gives or throws. */
export async function step<Result>(name: Step, work: () => Promise<Result>): Promise<Result> {
  const call = calls.getStore();
  const began = performance.now();
  if (name === 'connect') preparePublishing();
  try {
    return await (call?.span === undefined ? work() : within(beginSpan(name, call.span), work));
  } finally {
    measure(STEPS[name], performance.now() - began);
  }
}

/** Adds to what the present call's trace can be searched by; a value that was there before is kept beside it. */
export function annotate(annotations: Omit<Annotations, 'correlationId'>): void {
  const known = calls.getStore()?.span?.annotations;
  if (known === undefined) return;
  for (const key of ['target', 'outcome', 'code'] as const) {
    const value = annotations[key];
    const before = known[key]?.split(',') ?? [];
    if (value !== undefined && !before.includes(value)) known[key] = [...before, value].join(',').slice(0, 1000);
  }
}

async function within<Result>(span: Span, work: () => Promise<Result>): Promise<Result> {
  try {
    return await work();
  } catch (error) {
    // Its code, never its message: a driver quotes SQL there.
    span.hasFailed = true;
    span.annotations.code ??= error instanceof AppError ? error.code : 'internal';
    throw error;
  } finally {
    endSpan(span);
  }
}

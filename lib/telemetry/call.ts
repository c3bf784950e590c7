import { AsyncLocalStorage } from 'node:async_hooks';
import { randomUUID } from 'node:crypto';
import {
  type Attributes,
  type Context,
  context,
  ProxyTracerProvider,
  propagation,
  type Span,
  SpanKind,
  SpanStatusCode,
  type TracerProvider,
  trace,
} from '@opentelemetry/api';
import type { Engine } from '../database/database.ts';
import { AppError } from '../errors.ts';
import { measure, preparePublishing } from './samples.ts';

/** A correlation ID. It cannot end a comment of the SQL: no `*`, no blank, nothing that a server reads as more than a comment (`/*!`). */
export const CORRELATION_ID = /^[\w+/=.:-]{1,128}$/;

/** What is known of the call that some code runs for, wherever that code is. */
interface Call {
  readonly correlationId: string;
  readonly span: Span;
  /** What its span says so far. */
  readonly told: Map<string, readonly string[]>;
}

const calls = new AsyncLocalStorage<Call>();

// Does nothing until a layer or a test registers an SDK, and then uses that one.
const tracer = trace.getTracer('session-warden');

/** The metric that each step's time goes to, and the database operation that it is, if it is one. */
const STEPS = {
  connect: { metric: 'ConnectLatency', operation: 'connect' },
  list: { metric: 'ListLatency', operation: 'SELECT' },
  intent: { metric: 'RecordLatency' },
  kill: { metric: 'KillLatency', operation: 'KILL' },
  settle: { metric: 'SettleLatency', operation: 'SELECT' },
  outcome: { metric: 'RecordLatency' },
} as const;

/** A part of a call that is worth its own time. */
export type Step = keyof typeof STEPS;

/** What a call's trace can be searched by: never SQL, and nothing that a user wrote. */
interface Annotations {
  readonly target?: string;
  readonly outcome?: string;
  /** A failure's code. */
  readonly code?: string;
}

/** The attribute of each annotation. `error.type` is OpenTelemetry's own name. */
const ATTRIBUTES = {
  target: 'session_warden.target',
  outcome: 'session_warden.outcome',
  code: 'error.type',
} as const satisfies Readonly<Record<keyof Annotations, string>>;

/** Of one annotation: a call on all targets names the first. */
const MOST_VALUES = 20;

/** The ID that links request, log, record, trace and SQL comment; a new one where no call is known. */
export const currentCorrelationId = (): string => calls.getStore()?.correlationId ?? randomUUID();

/** The same for log lines, which need none where no call is known. */
export const knownCorrelationId = (): string | undefined => calls.getStore()?.correlationId;

type Global = { readonly awslambda?: { readonly InvokeStore?: { getXRayTraceId(): string | undefined } } };

/** Below Lambda's own segment, which a layer does not find by itself where a handler is an ES module. */
function belowLambda(): Context {
  const active = context.active();
  if (trace.getSpan(active) !== undefined) return active;
  const header = (globalThis as Global).awslambda?.InvokeStore?.getXRayTraceId() ?? process.env['_X_AMZN_TRACE_ID'];
  return header === undefined ? active : propagation.extract(active, { 'x-amzn-trace-id': header });
}

/**
 * Runs a whole invocation as a call. Its spans have left when this returns: Lambda may freeze the process right after, and
 * a layer flushes by itself only where it can wrap the handler, which it cannot do to an ES module.
 */
export async function inInvocation<Result>(correlationId: string, work: () => Promise<Result>): Promise<Result> {
  try {
    return await context.with(belowLambda(), () => inCall({ correlationId, name: 'call' }, work));
  } finally {
    await flushSpans();
  }
}

/** Never throws: no call fails because it cannot be traced. */
async function flushSpans(): Promise<void> {
  const known = trace.getTracerProvider();
  const provider: TracerProvider & { readonly forceFlush?: () => Promise<void> } =
    known instanceof ProxyTracerProvider ? known.getDelegate() : known;
  await provider.forceFlush?.().catch(() => {});
}

/** Runs work as a call of its own, or as one of those that a call is made of, such as a message of a batch. */
export function inCall<Result>(
  { correlationId, name }: { readonly correlationId: string; readonly name: string },
  work: () => Promise<Result>,
): Promise<Result> {
  const attributes = { 'session_warden.correlation_id': correlationId };
  return inSpan(name, SpanKind.INTERNAL, attributes, (span) =>
    calls.run({ correlationId, span, told: new Map() }, work),
  );
}

/**
 * Measures a step of the present call, and shows it in its trace. Adds nothing to what the work gives or throws.
 *
 * @param engine - what the step speaks to, where it is a step on a database; from its result where that tells it first
 * @see https://opentelemetry.io/docs/specs/semconv/database/database-spans/ for the names of attributes
 */
export async function step<Result>(
  name: Step,
  work: () => Promise<Result>,
  engine?: Engine | ((result: Result) => Engine),
): Promise<Result> {
  const { metric, ...rest } = STEPS[name];
  const began = performance.now();
  if (name === 'connect') preparePublishing();
  const attributes: Attributes = {
    ...('operation' in rest && { 'db.operation.name': rest.operation }),
    ...(typeof engine === 'string' && { 'db.system.name': engine }),
  };
  try {
    return await inSpan(name, SpanKind.CLIENT, attributes, async (span) => {
      const result = await work();
      if (typeof engine === 'function') span.setAttribute('db.system.name', engine(result));
      return result;
    });
  } finally {
    measure(metric, performance.now() - began);
  }
}

/** Adds to what the present call's trace can be searched by; a value that was there before is kept beside it. */
export function annotate(annotations: Annotations): void {
  const call = calls.getStore();
  if (call === undefined) return;
  for (const key of ['target', 'outcome', 'code'] as const) {
    const value = annotations[key];
    const before = call.told.get(key) ?? [];
    if (value === undefined || before.includes(value) || before.length === MOST_VALUES) continue;
    const all = [...before, value];
    call.told.set(key, all);
    call.span.setAttribute(ATTRIBUTES[key], all.length === 1 ? value : all);
  }
}

function inSpan<Result>(
  name: string,
  kind: SpanKind,
  attributes: Attributes,
  work: (span: Span) => Promise<Result>,
): Promise<Result> {
  return tracer.startActiveSpan(name, { kind, attributes }, async (span) => {
    try {
      return await work(span);
    } catch (error) {
      // Its code, never its message: a driver quotes SQL there.
      span.setStatus({ code: SpanStatusCode.ERROR });
      span.setAttribute(ATTRIBUTES.code, error instanceof AppError ? error.code : 'internal');
      throw error;
    } finally {
      span.end();
    }
  });
}

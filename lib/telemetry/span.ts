/** What a trace may be searched by: never SQL, and nothing that a user wrote. */
export interface Annotations {
  target?: string;
  /** One of many kills' outcomes: all that there were, with commas. */
  outcome?: string;
  /** A failure's code. */
  code?: string;
  correlationId?: string;
}

/** A part of a call, as it goes into its trace. Times are seconds since the epoch. */
export interface Span {
  readonly name: string;
  readonly start: number;
  end: number | null;
  readonly annotations: Annotations;
  hasFailed: boolean;
  readonly children: Span[];
}

/** A segment document has at most 64 KB, so a call that does a great deal shows its beginning. */
const MAX_CHILDREN = 50;

const now = (): number => Date.now() / 1000;

/** Begins a span, within another one where there is one that has room. */
export function beginSpan(name: string, parent?: Span): Span {
  const span: Span = { name, start: now(), end: null, annotations: {}, hasFailed: false, children: [] };
  if (parent !== undefined && parent.children.length < MAX_CHILDREN) parent.children.push(span);
  return span;
}

/** Ends it. */
export function endSpan(span: Span): void {
  span.end = now();
}

type Global = { readonly awslambda?: { readonly InvokeStore?: { getXRayTraceId(): string | undefined } } };

/** True where X-Ray has chosen this invocation, and `POWERTOOLS_TRACE_ENABLED` is not `false`. */
export function isSampled({ POWERTOOLS_TRACE_ENABLED: on, _X_AMZN_TRACE_ID: fromEnv } = process.env): boolean {
  const header = (globalThis as Global).awslambda?.InvokeStore?.getXRayTraceId() ?? fromEnv;
  return header !== undefined && on?.toLowerCase() !== 'false' && header.split(';').includes('Sampled=1');
}

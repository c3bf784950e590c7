import { context, propagation, trace } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { AWSXRayPropagator } from '@opentelemetry/propagator-aws-xray';
import {
  BasicTracerProvider,
  BatchSpanProcessor,
  InMemorySpanExporter,
  SimpleSpanProcessor,
} from '@opentelemetry/sdk-trace-base';

/** A span as a test looks at it. */
export interface SeenSpan {
  readonly name: string;
  readonly id: string;
  readonly parent: string | undefined;
  readonly trace: string;
  readonly attributes: Readonly<Record<string, unknown>>;
  readonly hasFailed: boolean;
}

const ERROR = 2;
const WHEN_FLUSHED = { scheduledDelayMillis: 2 ** 30 };

/** Registers OpenTelemetry's SDK for a file, as a layer does on Lambda, and keeps all spans that have ended. */
export function keepSpans() {
  const exporter = new InMemorySpanExporter();
  const sent = new InMemorySpanExporter();
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
  propagation.setGlobalPropagator(new AWSXRayPropagator());
  // Not disabled before: the tracers that are there follow the first one that is registered.
  if (
    !trace.setGlobalTracerProvider(
      new BasicTracerProvider({
        spanProcessors: [new SimpleSpanProcessor(exporter), new BatchSpanProcessor(sent, WHEN_FLUSHED)],
      }),
    )
  )
    throw new Error('This process has an SDK already.');
  const spans = (): readonly SeenSpan[] =>
    exporter.getFinishedSpans().map((span) => ({
      name: span.name,
      id: span.spanContext().spanId,
      parent: span.parentSpanContext?.spanId,
      trace: span.spanContext().traceId,
      attributes: span.attributes,
      hasFailed: span.status.code === ERROR,
    }));
  return {
    spans,
    /** All that left the process, events and status messages included. */
    text: (): string =>
      JSON.stringify(
        exporter.getFinishedSpans().map(({ name, attributes, events, status, links }) => ({
          name,
          attributes,
          events,
          status,
          links,
        })),
      ),
    /** Names of the spans that were flushed. */
    sent: (): readonly string[] => sent.getFinishedSpans().map(({ name }) => name),
    reset: () => {
      exporter.reset();
      sent.reset();
    },
  };
}

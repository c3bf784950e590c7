import { setImmediate as nextTurn } from 'node:timers/promises';
import { Tracer } from '@aws-lambda-powertools/tracer';
import xray from 'aws-xray-sdk-core';
import { SERVICE } from './metrics.ts';
import type { Span } from './span.ts';

// Made when this is loaded, which is while the call waits for others. Its own patches of http and fetch would stay for calls
// that are not sampled.
const tracer = new Tracer({
  serviceName: process.env['POWERTOOLS_SERVICE_NAME'] || SERVICE,
  captureHTTPsRequests: false,
});

function toSubsegment({ name, start, end, annotations, hasFailed, children }: Span): xray.Subsegment {
  const subsegment = new xray.Subsegment(name);
  subsegment.start_time = start;
  // What still runs while its call has been answered ends here for the trace.
  subsegment.addAttribute('end_time', end ?? Date.now() / 1000);
  delete subsegment.in_progress;
  for (const [key, value] of Object.entries(annotations)) subsegment.addAnnotation(key, value);
  if (hasFailed) subsegment.addFaultFlag();
  for (const child of children) subsegment.addSubsegment(toSubsegment(child));
  return subsegment;
}

/** Sends a call's spans to X-Ray, below the segment that Lambda made for the invocation. */
export async function publishTrace(span: Span): Promise<void> {
  if (!tracer.isTracingEnabled()) return;
  const root = toSubsegment(span);
  tracer.getSegment()?.addSubsegment(root);
  root.flush();
  // The datagram leaves in the next turns of the loop, and Lambda may freeze it as soon as the call is answered.
  await nextTurn();
  await nextTurn();
}

import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { AppError } from '../../../../lib/errors.ts';
import { annotate, inCall, step } from '../../../../lib/telemetry/call.ts';
import { observe, observed } from '../../../../lib/telemetry/observe.ts';
import { isSampled } from '../../../../lib/telemetry/span.ts';
import { lambdaWithXray, traceHeader } from '../../../support/sampled.ts';
import { type SegmentDocument, startXrayDaemon } from '../../../support/xray-daemon.ts';

let daemon: Awaited<ReturnType<typeof startXrayDaemon>>;
beforeAll(async () => {
  daemon = await startXrayDaemon();
});
afterAll(() => daemon.stop());
beforeEach(() => {
  daemon.taken.length = 0;
  lambdaWithXray(daemon.address);
  vi.stubEnv('POWERTOOLS_LOG_LEVEL', 'SILENT');
});
afterEach(() => vi.unstubAllEnvs());

const names = ({ subsegments = [] }: SegmentDocument) => subsegments.map(({ name }) => name);

describe('a trace', () => {
  it('shows the steps of a call below the segment that Lambda made, and what it may be searched by', async () => {
    await observe('r1', async () => {
      annotate({ target: 'shop' });
      await step('connect', async () => {});
      await step('list', async () => {});
      annotate({ outcome: 'terminated' });
    });

    const root = await daemon.next();
    expect(root).toMatchObject({
      name: '## index.handler',
      type: 'subsegment',
      trace_id: '1-5759e988-bd862e3fe1be46a994272793',
      parent_id: '53995c3f42cd8ad8',
      annotations: { target: 'shop', outcome: 'terminated', correlationId: 'r1' },
    });
    expect(names(root)).toEqual(['connect', 'list']);
    const [connect, list] = root.subsegments ?? [];
    expect(connect?.start_time).toBeGreaterThanOrEqual(root.start_time);
    expect(list?.start_time).toBeGreaterThanOrEqual(connect?.end_time ?? Number.POSITIVE_INFINITY);
    expect(root.end_time).toBeGreaterThanOrEqual(list?.end_time ?? Number.POSITIVE_INFINITY);
    expect(JSON.stringify(root)).not.toContain('in_progress');
  });

  it('shows each message of a batch with its own ID, target and outcome, also where they run at once', async () => {
    const message = (id: string, target: string) =>
      inCall({ correlationId: id, name: 'message' }, async () => {
        annotate({ target });
        await step('connect', () => new Promise((done) => setTimeout(done, 5)));
        annotate({ outcome: 'terminated' });
        annotate({ outcome: 'already-gone' });
        annotate({ outcome: 'terminated' });
      });

    await observe('batch', () => Promise.all([message('m1', 'shop'), message('m2', 'bank')]));

    const { annotations, subsegments } = await daemon.next();
    expect(annotations).toEqual({ correlationId: 'batch' });
    expect(subsegments).toMatchObject([
      { name: 'message', annotations: { correlationId: 'm1', target: 'shop', outcome: 'terminated,already-gone' } },
      { name: 'message', annotations: { correlationId: 'm2', target: 'bank', outcome: 'terminated,already-gone' } },
    ]);
    for (const one of subsegments ?? []) expect(names(one)).toEqual(['connect']);
  });

  it('tells a failed step by its code, and not a word of the error', async () => {
    const cause = Object.assign(new Error("near 'hunter2'"), { sql: "SELECT 'hunter2'" });
    const handler = observed(() => step('kill', () => Promise.reject(new AppError('target-failed', { cause }))));
    await expect(handler({}, { awsRequestId: 'r1' })).rejects.toMatchObject({ code: 'target-failed' });

    const root = await daemon.next();
    expect(root).toMatchObject({ fault: true, annotations: { code: 'target-failed', correlationId: 'r1' } });
    expect(root.subsegments).toMatchObject([{ name: 'kill', fault: true, annotations: { code: 'target-failed' } }]);
    expect(daemon.taken.join()).not.toContain('hunter2');
  });

  it('fits into one datagram, however many steps a call has', async () => {
    await observe('r1', async () => {
      for (let at = 0; at < 5_000; at++) await step('kill', async () => {});
    });
    expect((await daemon.next()).subsegments).toHaveLength(50);
  });

  it.each([
    ['X-Ray has not chosen the call', { _X_AMZN_TRACE_ID: traceHeader(0) }, false],
    ['there is no X-Ray', {}, false],
    ['tracing is turned off', { _X_AMZN_TRACE_ID: traceHeader(1), POWERTOOLS_TRACE_ENABLED: 'false' }, false],
    ['X-Ray has chosen it', { _X_AMZN_TRACE_ID: traceHeader(1) }, true],
    ['tracing is turned on besides', { _X_AMZN_TRACE_ID: traceHeader(1), POWERTOOLS_TRACE_ENABLED: 'true' }, true],
  ])('where %s: %j → %s', (_, env, sampled) => {
    expect(isSampled(env)).toBe(sampled);
  });
});

import type { Context } from 'aws-lambda';
import { describe, expect, it, vi } from 'vitest';
import { AppError } from '../../../../lib/errors.ts';
import { json } from '../../../../lib/http/answer.ts';
import { httpPipeline, publicPipeline } from '../../../../lib/http/pipeline.ts';
import { listSessionsRequest } from '../../../../lib/http/requests.ts';
import type { Services } from '../../../../lib/services.ts';
import { currentCorrelationId, inCall, step } from '../../../../lib/telemetry/call.ts';
import { log } from '../../../../lib/telemetry/log.ts';
import { observed } from '../../../../lib/telemetry/observe.ts';
import { count } from '../../../../lib/telemetry/samples.ts';
import { emitting } from '../../../support/emitted.ts';
import { anEvent } from '../../../support/http-event.ts';

const on = emitting();

const invocation = { awsRequestId: 'a-request-of-lambda' };
const SQL = "SELECT 'hunter2'";
const driverError = () => Object.assign(new Error(`near '${SQL}'`), { code: 'ER_PARSE_ERROR', sql: SQL });

describe('a handler that no route leads to', () => {
  it('publishes what was counted when it is done', async () => {
    const handler = observed(async () => {
      count('OrdersPlanned', {}, 3);
      return 'done';
    });

    await expect(handler({}, invocation)).resolves.toBe('done');
    expect(on.values('OrdersPlanned')).toEqual([3]);
  });

  it('publishes, logs and counts when it fails, and throws nothing that quotes SQL', async () => {
    const handler = observed(async () => {
      count('OrdersPlanned', {}, 3);
      throw driverError();
    });

    const thrown: unknown = await handler({}, invocation).catch((error: unknown) => error);

    expect(thrown).toMatchObject({ code: 'internal' });
    expect(thrown).not.toHaveProperty('cause');
    expect(on.values('OrdersPlanned')).toEqual([3]);
    expect(on.values('Errors', { code: 'internal' })).toEqual([1]);
    expect(on.logged()).toMatchObject([{ level: 'ERROR', correlationId: 'a-request-of-lambda', code: 'internal' }]);
    expect(`${on.lines.join()}${String((thrown as Error).stack)}`).not.toContain('hunter2');
  });

  it('keeps the code and the detail of a failure of ours', async () => {
    const failure = new AppError('target-unreachable', { cause: driverError(), detail: 'shop' });
    const handler = observed(() => Promise.reject(failure));

    await expect(handler({}, invocation)).rejects.toMatchObject({ code: 'target-unreachable', detail: 'shop' });
    expect(on.values('Errors', { code: 'target-unreachable' })).toEqual([1]);
  });

  it('emits nothing at all where there is nothing to tell', async () => {
    await observed(async () => 'done')({}, invocation);
    expect(on.lines).toEqual([]);
  });

  it('does not fail where metrics cannot be written', async () => {
    vi.mocked(console.log).mockImplementation(() => {
      throw new Error('EPIPE');
    });
    const handler = observed(async () => {
      count('OrdersPlanned', {});
      return 'done';
    });
    await expect(handler({}, invocation)).resolves.toBe('done');
  });
});

describe('a handler of HTTP', () => {
  const event = (more: Readonly<Record<string, unknown>> = {}) =>
    anEvent({ rawPath: '/targets/local/sessions', pathParameters: { target: 'local' }, ...more });
  const handlerOf = (work: () => Promise<unknown>) =>
    httpPipeline(
      async () => ({}) as Services,
      listSessionsRequest,
      async () => json(200, await work()),
    );

  it.each([
    ['an answer', async () => ({}), 200],
    ['a refusal', () => Promise.reject(new AppError('target-not-found')), 404],
    ['what we did not foresee', () => Promise.reject(driverError()), 500],
  ])('publishes after %s', async (_, end, status) => {
    const handler = handlerOf(() => step('list', end));

    await expect(handler(event())).resolves.toMatchObject({ statusCode: status });

    expect(on.values('ListLatency')).toEqual([expect.any(Number)]);
    expect(on.lines.join()).not.toContain('hunter2');
  });

  it('counts refusals, errors and failed authentications apart, once each', async () => {
    await handlerOf(() => Promise.reject(new AppError('target-not-found')))(event());
    await handlerOf(() => Promise.reject(new AppError('target-full')))(event());
    await handlerOf(async () => ({}))(event({ requestContext: { requestId: 'r1' } }));

    expect(on.values('Refusals')).toEqual([1]);
    expect(on.values('Refusals', { code: 'target-not-found' })).toEqual([1]);
    expect(on.values('Errors')).toEqual([1]);
    expect(on.values('Errors', { code: 'target-full' })).toEqual([1]);
    expect(on.values('AuthenticationFailures')).toEqual([1]);
    expect(on.values('AuthenticationFailures', { reason: 'unauthenticated' })).toEqual([1]);
  });

  it('publishes what ends after an answer that had to be given early with the next call', async () => {
    const late = Promise.withResolvers<void>();
    const handler = publicPipeline(async () => {
      await late.promise;
      count('Kills', { outcome: 'terminated' });
      return json(200, {});
    });
    const soon = { getRemainingTimeInMillis: () => 510 } as Context;

    await expect(handler(event(), soon)).resolves.toMatchObject({ statusCode: 504 });
    expect(on.values('Kills')).toEqual([]);
    late.resolve();
    await observed(async () => 'next')({}, invocation);

    expect(on.values('Kills', { outcome: 'terminated' })).toEqual([1]);
  });
});

describe('the correlation ID', () => {
  it('is of each call alone, however many run at once, and of each message within its batch', async () => {
    const seen: string[] = [];
    const look = async (id: string) => {
      await new Promise(setImmediate);
      seen.push(`${id} ${currentCorrelationId()}`);
      await log('info', 'a line', { id });
    };
    const batch = observed(async (ids: readonly string[]) => {
      const messages = ids.map((id) => inCall({ correlationId: id, name: 'message' }, () => look(id)));
      await Promise.all(messages);
      await look('batch');
    });

    await Promise.all([batch(['m1', 'm2'], { awsRequestId: 'batch' }), batch(['m3'], { awsRequestId: 'batch' })]);

    expect(seen.toSorted()).toEqual(['batch batch', 'batch batch', 'm1 m1', 'm2 m2', 'm3 m3']);
    expect(on.logged()).toHaveLength(5);
    for (const line of on.logged()) expect(line['correlationId']).toBe(line['id']);
  });
});

import { beforeEach, describe, expect, it, vi } from 'vitest';
import { AppError } from '../../../../lib/errors.ts';
import { annotate, inCall, step } from '../../../../lib/telemetry/call.ts';
import { observe, observed } from '../../../../lib/telemetry/observe.ts';
import { keepSpans, type SeenSpan } from '../../../support/spans.ts';

const kept = keepSpans();
beforeEach(() => {
  kept.reset();
  vi.stubEnv('POWERTOOLS_LOG_LEVEL', 'SILENT');
  return () => vi.unstubAllEnvs();
});

const named = (name: string): readonly SeenSpan[] => kept.spans().filter((span) => span.name === name);
const namesBelow = ({ id }: SeenSpan) => kept.spans().flatMap(({ parent, name }) => (parent === id ? [name] : []));

describe('a trace', () => {
  it('shows the steps of a call, and what it can be searched by', async () => {
    await observe('r1', async () => {
      annotate({ target: 'shop' });
      await step(
        'connect',
        async () => 'mariadb' as const,
        (engine) => engine,
      );
      await step('list', async () => {}, 'mariadb');
      await step('intent', async () => {});
      annotate({ outcome: 'terminated' });
    });

    const [call] = named('call');
    expect(call?.attributes).toEqual({
      'session_warden.correlation_id': 'r1',
      'session_warden.target': 'shop',
      'session_warden.outcome': 'terminated',
    });
    expect(call && namesBelow(call)).toEqual(['connect', 'list', 'intent']);
    expect(named('connect')[0]?.attributes).toEqual({ 'db.system.name': 'mariadb', 'db.operation.name': 'connect' });
    expect(named('list')[0]?.attributes).toEqual({ 'db.system.name': 'mariadb', 'db.operation.name': 'SELECT' });
    expect(named('intent')[0]?.attributes).toEqual({});
  });

  it('shows each message of a batch with its own ID, target and outcomes, also where they run at once', async () => {
    const message = (id: string, target: string) =>
      inCall({ correlationId: id, name: 'message' }, async () => {
        annotate({ target });
        await step('connect', () => new Promise((done) => setTimeout(done, 5)));
        annotate({ outcome: 'terminated' });
        annotate({ outcome: 'already-gone' });
        annotate({ outcome: 'terminated' });
      });

    await observe('batch', () => Promise.all([message('m1', 'shop'), message('m2', 'bank')]));

    expect(named('call')[0]?.attributes).toEqual({ 'session_warden.correlation_id': 'batch' });
    expect(named('message').map(({ attributes }) => attributes)).toEqual(
      [
        ['m1', 'shop'],
        ['m2', 'bank'],
      ].map(([id, target]) => ({
        'session_warden.correlation_id': id,
        'session_warden.target': target,
        'session_warden.outcome': ['terminated', 'already-gone'],
      })),
    );
    for (const one of named('message')) expect(namesBelow(one)).toEqual(['connect']);
  });

  it('tells a failed step by its code, and not a word of the error', async () => {
    const cause = Object.assign(new Error("near 'hunter2'"), { sql: "SELECT 'hunter2'" });
    const handler = observed(() => step('kill', () => Promise.reject(new AppError('target-failed', { cause }))));
    await expect(handler({}, { awsRequestId: 'r1' })).rejects.toMatchObject({ code: 'target-failed' });

    for (const name of ['call', 'kill'])
      expect(named(name)).toMatchObject([{ hasFailed: true, attributes: { 'error.type': 'target-failed' } }]);
    expect(kept.text()).not.toContain('hunter2');
  });

  it('is below the segment that Lambda made', async () => {
    vi.stubEnv('_X_AMZN_TRACE_ID', 'Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1');
    await observe('r1', async () => {});
    expect(named('call')).toMatchObject([{ parent: '53995c3f42cd8ad8', trace: '5759e988bd862e3fe1be46a994272793' }]);
  });

  it('has left when the call is answered', async () => {
    await observe('r1', () => step('list', async () => {}));
    expect(kept.sent()).toEqual(['list', 'call']);
  });

  it('names no more than twenty targets of a call', async () => {
    await observe('r1', async () => {
      for (let at = 0; at < 100; at++) annotate({ target: `t${at}` });
    });
    expect(named('call')[0]?.attributes['session_warden.target']).toHaveLength(20);
  });
});

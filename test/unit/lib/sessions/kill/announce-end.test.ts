import { expect, it } from 'vitest';
import { announceEnd } from '../../../../../lib/sessions/kill/finding.ts';
import { inCall } from '../../../../../lib/telemetry/call.ts';
import { takeSamples } from '../../../../../lib/telemetry/samples.ts';
import { emitting } from '../../../../support/emitted.ts';
import { keepSpans } from '../../../../support/spans.ts';
import { anOrder } from '../an-order.ts';

const kept = keepSpans();
const { logged } = emitting();
const outcomes = () =>
  takeSamples().flatMap(({ name, dimensions }) => (name === 'Kills' ? [dimensions['outcome']] : []));

it('a kill is counted by what became of it', async () => {
  await announceEnd(anOrder(0, 'query'), { outcome: 'query-cancelled', proven: true, detail: null }, 'a1');
  expect(outcomes()).toEqual(['query-cancelled']);
  await announceEnd(anOrder(0, 'query'), undefined, 'a1');
  expect(outcomes()).toEqual(['unknown']);
  expect(logged()).toEqual([]);
});

it('a kill is found in the trace by what became of it', async () => {
  await inCall({ correlationId: 'c', name: 'kill-query' }, () =>
    announceEnd(anOrder(0, 'query'), { outcome: 'already-gone', proven: true, detail: null }, 'a1'),
  );
  expect(kept.spans()).toMatchObject([
    { name: 'kill-query', attributes: { 'session_warden.outcome': 'already-gone' } },
  ]);
});

it('a statement that was cut in place of another is an error in the log, with all that finds its record', async () => {
  await announceEnd(anOrder(0, 'query'), { outcome: 'cut-another', proven: true, detail: null }, 'a1');
  expect(logged()).toEqual([
    expect.objectContaining({
      level: 'ERROR',
      message: 'another statement was cut',
      target: 'local',
      sessionId: '40',
      auditId: 'a1',
    }),
  ]);
});

import { describe, expect, it } from 'vitest';
import { buttonFor } from '../../../../lib/chatops/commands/command-call.ts';
import { reportOf, warningOf } from '../../../../lib/chatops/report.ts';
import { runCommand } from '../../../../lib/chatops/run-command.ts';
import { parseRunEvent } from '../../../../lib/chatops/run-event.ts';
import { dingtalk, event, ID, requests, seen, services, slack, store } from '../../../support/chat/a-runner.ts';

describe('the event of run-command', () => {
  const good = event(slack('U0ADA'), { do: 'command', line: 'help' });
  it.each([
    ['a JWT', { ...good, principal: { ...good.principal, source: 'jwt' } }],
    ['a schedule', { ...good, principal: { ...good.principal, source: 'schedule' } }],
    ['no chat identity', { ...good, principal: { ...good.principal, chat: undefined } }],
    ['an unknown field', { ...good, full: true }],
    ['an SQL comment as request ID', { ...good, requestId: '*/ DROP' }],
    ['a long line', { ...good, what: { do: 'command', line: 'x'.repeat(2_001) } }],
    ['nothing', null],
  ])('takes none with %s', (_what, value) => {
    expect(() => parseRunEvent(value)).toThrow(expect.objectContaining({ code: 'request-invalid' }));
  });

  it.each(['kill local 42', 'reap local idle', 'cancel local 42'])('from DingTalk never ends: %s', async (line) => {
    expect((await runCommand(services, event(dingtalk, { do: 'command', line }))).title).toContain(
      'Nothing can be ended',
    );
    expect([seen.ran, seen.opened]).toEqual([[], 0]);
  });
});

describe('reports and warnings', () => {
  const run = {
    rule: 'idle',
    target: 'local',
    ended: 7,
    refused: 1,
    refusal: null,
    victims: Array.from({ length: 7 }, (_, at) => `v${at}`),
  };

  it('are one message for a run, and none where nothing was ended or refused', () => {
    expect(reportOf(run)).toMatchObject({
      title: 'idle ended 7 on local',
      rows: { length: 5 },
      lines: ['1 were refused.', 'The first 5 of 7:'],
    });
    expect(reportOf({ ...run, ended: 0, refusal: 'Over the limit.' })?.lines).toContain('Nothing was ended.');
    expect(reportOf({ ...run, ended: 0, refused: 0 })).toBeNull();
  });

  it('offer to keep a victim, by the ID of a stored request alone', async () => {
    await store({
      wanted: { do: 'keep', target: 'local', rule: 'idle', id: '42', tag: 't', minutes: 30 },
      requester: null,
    });
    const request = await requests.get(ID);
    if (request === undefined) throw new Error('not stored');
    const { buttons } = warningOf({ rule: 'idle', target: 'local', about: '42', minutes: 10 }, request);
    expect(buttons).toEqual([buttonFor(request, 'keep', 'Keep it for 30 minutes')]);
  });
});

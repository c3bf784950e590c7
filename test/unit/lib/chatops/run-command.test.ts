import { describe, expect, it } from 'vitest';
import { runCommand } from '../../../../lib/chatops/run-command.ts';
import { parseRunEvent } from '../../../../lib/chatops/run-event.ts';
import { dingtalk, event, seen, services, slack } from '../../../support/chat/a-runner.ts';

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

import { afterEach, describe, expect, it } from 'vitest';
import { parseRunEvent, runCommand } from '../../../../../lib/chatops/commands/run-command.ts';
import { dingtalk, event, seen, services, slack } from '../../../../support/chat/a-runner.ts';

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

describe('the stop in a chat', () => {
  afterEach(() => services.stops.remove());
  const type = (who: Parameters<typeof event>[0], line: string) =>
    runCommand(services, event(who, { do: 'command', line }));

  it('is thrown and lifted by who holds SUPER on every target, for all to see', async () => {
    const stopped = { title: 'Every kill is stopped', audience: 'all' };
    expect(await type(slack('U0ADA'), 'stop a rule went mad')).toMatchObject(stopped);
    expect(await services.stops.read()).toMatchObject({
      by: { source: 'slack', subject: 'ada' },
      reason: 'a rule went mad',
    });
    const [line] = (await type(slack('U0GRACE'), 'stop me too')).lines;
    expect(line).toMatch(/^Stopped by ada, since .*Z: a rule went mad$/);
    expect(await type(slack('U0GRACE'), 'resume')).toMatchObject({
      title: 'Kills are possible again',
      audience: 'all',
    });
    expect(await services.stops.read()).toBeUndefined();
  });

  it.each([
    ['who may look', slack('U0LINUS')],
    ['a platform that signs nothing', dingtalk],
  ])('is not for %s', async (_, who) => {
    expect((await type(who, 'stop now')).audience).toBe('caller');
    expect(await services.stops.read()).toBeUndefined();
    await type(slack('U0ADA'), 'stop now');
    await type(who, 'resume');
    expect(await services.stops.read()).toBeDefined();
  });
});

import { describe, expect, it } from 'vitest';
import { killSession } from '../../lib/sessions/kill-session.ts';
import { killSessions } from '../../lib/sessions/kill-sessions.ts';
import { sessionId } from '../../lib/sessions/session.ts';
import { aPrincipal, isRunning, kill, seen } from '../engines/a-server.ts';
import { engines } from '../engines/engines.ts';
import { sendAsPlatform, until } from '../support/chat/fake-server.ts';
import { buttonOf, buttonsOf, textOf } from '../support/chat/fake-slack.ts';
import { anAlert } from '../support/chat/messages.ts';
import { signedByAlerter, signedByWebhook } from '../support/chat/sign.ts';
import { CUT, chatOn } from './chat-on.ts';

const oceanbase = engines.find(({ name }) => name === 'oceanbase');

describe.each([oceanbase ?? { name: 'oceanbase', url: undefined }])(
  'approval and offers in chats on $name',
  ({ url = '' }) => {
    const { on, services, running } = chatOn(url);

    it.skipIf(!url)('kills once when twenty approve at the same time, and tells the others who decided', async () => {
      const { client } = await running();
      const before = services.audit.records.length;
      const question = await on.chat.slack.type(`kill local ${client.id}`, 'U0EVE');
      expect(question.response_type).toBe('in_channel');
      const approve = buttonOf(question, 'Approve');
      expect(textOf(await on.chat.slack.press(question, approve, 'U0EVE'))).toContain('You may not approve');
      expect(textOf(await on.chat.slack.press(question, { ...approve, action_id: 'confirm:0' }, 'U0EVE'))).toContain(
        'second person',
      );
      const answers = await Promise.all(
        Array.from({ length: 20 }, (_, at) => on.chat.slack.press(question, approve, at % 2 ? 'U0ADA' : 'U0GRACE')),
      );
      await until(() => (services.audit.records.length > before + 2 ? undefined : true), 'one kill');
      expect(answers).toHaveLength(20);
      const kills = services.audit.records
        .slice(before)
        .filter(({ sessionId, outcome }) => sessionId === client.id && outcome === 'terminated');
      expect(kills).toMatchObject([
        { principal: { subject: 'eve' }, reason: expect.stringMatching(/approved by (ada|grace)/) },
      ]);
      expect(await client.isAlive()).toBe(false);
      expect(textOf(await on.chat.slack.press(question, approve, 'U0ADA'))).toMatch(/Already decided by (ada|grace)/);
      expect(buttonsOf(on.chat.slack.messages.get(question.id) ?? question)).toEqual([]);
    });

    it.skipIf(!url)('no other door leads round the approval: one kill, many kills, a made-up approver', async () => {
      const { client } = await running();
      const eve = aPrincipal('eve', ['asker']);
      const id = sessionId(client.id);
      const needed = expect.objectContaining({ code: 'approval-needed' });
      await expect(kill(services, id, 'connection', { principal: eve })).rejects.toEqual(needed);
      const call = {
        principal: eve,
        target: 'local',
        id,
        kind: 'connection',
        tag: null,
        reason: null,
        correlationId: 'test',
        escalateAfter: null,
      } as const;
      for (const approver of [eve, aPrincipal('linus', ['looker'])])
        await expect(killSession(services, { ...call, approver })).rejects.toEqual(needed);
      const { results } = await killSessions(services, { ...call, kills: [{ id, kind: 'query', tag: null }] });
      expect(results).toMatchObject([{ outcome: 'refused', code: 'approval-needed' }]);
      expect(isRunning(await seen(services, client.id))).toBe(true);
      expect(services.audit.records.at(-1)).toMatchObject({ outcome: 'refused', detail: 'approval-needed' });
    });

    it.skipIf(!url)('an alert offers, ends nothing by itself, and a person who may ends with two presses', async () => {
      const { client, ended } = await running();
      const before = on.chat.slack.messages.size;
      await sendAsPlatform(`${on.chat.gateway}/chat/alert/prod`, signedByAlerter(anAlert(), 'prod'));
      const alert = await until(() => [...on.chat.slack.messages.values()][before], 'the alert');
      expect(isRunning(await seen(services, client.id))).toBe(true);
      const button = buttonOf(alert, 'Cancel query', client.id);
      expect(textOf(await on.chat.slack.press(alert, button, 'U0LINUS'))).toContain('may not end it');
      const question = await on.chat.slack.press(alert, button);
      expect(textOf(await on.chat.slack.press(question, buttonOf(question, 'Yes')))).toContain('By ada');
      expect(CUT).toContain(await ended);
    });

    it.skipIf(!url)('a machine asks, and a person decides', async () => {
      const { client } = await running();
      const before = on.chat.slack.messages.size;
      const request = { command: `kill local ${client.id} deployment`, post: 'slack:ops' };
      await sendAsPlatform(`${on.chat.gateway}/chat/webhook/deployer`, signedByWebhook(request, new Date(), 'msg_9'));
      const question = await until(() => [...on.chat.slack.messages.values()][before], 'the question');
      expect(isRunning(await seen(services, client.id))).toBe(true);
      expect(textOf(await on.chat.slack.press(question, buttonOf(question, 'Yes, end it')))).toContain(
        'The session is ended.',
      );
      expect(await client.isAlive()).toBe(false);
    });
  },
);

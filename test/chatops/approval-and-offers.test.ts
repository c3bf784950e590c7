import { describe, expect, it } from 'vitest';
import { killSession, killSessions } from '../../lib/sessions/kill/kill.ts';
import { sessionId } from '../../lib/sessions/session.ts';
import { aPrincipal, isRunning, kill, seen } from '../engines/a-server.ts';
import { engines } from '../engines/engines.ts';
import { sendAsPlatform, until } from '../support/chat/fake-server.ts';
import { signedByWebhook } from '../support/chat/sign.ts';
import { buttonOf, textOf } from '../support/chat/slack-message.ts';
import { chatOn } from './chat-on.ts';

const oceanbase = engines.find(({ name }) => name === 'oceanbase');

describe.each([oceanbase ?? { name: 'oceanbase', url: undefined }])(
  'approval and offers in chats on $name',
  ({ url = '' }) => {
    const { on, services, running } = chatOn(url);

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

    it.skipIf(!url)('a machine asks, and a person decides', async () => {
      const { client } = await running();
      const before = on.chat.slack.messages.size;
      const request = { command: `kill local ${client.id} deployment`, post: 'slack:ops' };
      await sendAsPlatform(`${on.chat.gateway}/chat/webhook/deployer`, signedByWebhook(request, new Date(), 'msg_9'));
      const question = await until(() => [...on.chat.slack.messages.values()][before], 'the question');
      expect(isRunning(await seen(services, client.id))).toBe(true);
      expect(textOf(await on.chat.slack.press(question, buttonOf(question, 'Yes, end it')))).toContain(
        'The session was ended.',
      );
      expect(await client.isAlive()).toBe(false);
    });
  },
);

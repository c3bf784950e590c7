import { randomUUID } from 'node:crypto';
import type { ChatSecrets } from '../../lib/chatops/secrets.ts';
import { type SignedByPlatform, signAsFeishu, signAsSlack } from './sign.ts';

/** A button that was shown: what the platform would send for it. */
export interface ShownButton {
  readonly label: string;
  readonly action: string;
  readonly value: unknown;
}

/** People of the default configuration: one who may end everything, and one who needs that one's approval. */
export const PLAYED = {
  operator: { slack: 'U0LOCAL', feishu: 'ou_local' },
  asker: { slack: 'U0ASKER', feishu: 'ou_asker' },
} as const;
export type Played = keyof typeof PLAYED;

/** A platform that the sender can play. */
export interface PlayedPlatform {
  readonly path: string;
  command(line: string, as: Played): SignedByPlatform;
  press(button: ShownButton, as: Played): SignedByPlatform;
}

/** Slack as people of the default configuration use it. */
export function playSlack(secrets: ChatSecrets): PlayedPlatform {
  const secret = secrets.slack?.signingSecret ?? '';
  const app = { api_app_id: secrets.slack?.app ?? '' };
  const address = () => `https://hooks.slack.com/actions/T0LOCAL/${randomUUID()}`;
  return {
    path: '/chat/slack',
    command: (line, as) => {
      const text = line.replace(/^\/warden\s*/, '');
      const who = { team_id: 'T0LOCAL', user_id: PLAYED[as].slack, command: '/warden' };
      return signAsSlack({ ...app, ...who, text, response_url: address() }, secret);
    },
    press: ({ action, value }, as) => {
      const user = { id: PLAYED[as].slack, team_id: 'T0LOCAL' };
      const actions = [{ type: 'button', action_id: action, value }];
      const payload = { type: 'block_actions', ...app, user, actions, response_url: address() };
      return signAsSlack({ payload: JSON.stringify(payload) }, secret);
    },
  };
}

/** Feishu, the same. */
export function playFeishu(secrets: ChatSecrets): PlayedPlatform {
  const { app = '', encryptKey = '', verificationToken: token = '' } = secrets.feishu ?? {};
  const event = (event_type: string, event: unknown) => {
    const header = { event_id: randomUUID(), event_type, token, app_id: app, tenant_key: 'local' };
    return signAsFeishu({ schema: '2.0', header, event }, encryptKey);
  };
  return {
    path: '/chat/feishu',
    command: (line, as) =>
      event('im.message.receive_v1', {
        sender: { sender_type: 'user', tenant_key: 'local', sender_id: { open_id: PLAYED[as].feishu } },
        message: {
          chat_id: 'oc_local',
          message_type: 'text',
          content: JSON.stringify({ text: line.replace(/^\/warden\s*/, '') }),
        },
      }),
    press: ({ value }, as) =>
      event('card.action.trigger', {
        operator: { open_id: PLAYED[as].feishu, tenant_key: 'local' },
        token: randomUUID(),
        action: { tag: 'button', value },
        context: { open_chat_id: 'oc_local' },
      }),
  };
}

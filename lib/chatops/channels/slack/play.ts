import { randomBytes, randomUUID } from 'node:crypto';
import { hmac } from '../../receiver/signed-request.ts';
import type { Play, Playing, ShownButton, ShownMessage, SignedByPlatform } from '../play.ts';
import { fields, list, textOf } from '../play.ts';

/** A form, signed as Slack does. */
function signed(form: Readonly<Record<string, string>>, { secrets, now }: Playing): SignedByPlatform {
  const body = new URLSearchParams({ api_app_id: secrets.slack?.app ?? '', ...form }).toString();
  const timestamp = String(Math.floor(now.getTime() / 1000));
  const hex = hmac(secrets.slack?.signingSecret ?? '', [`v0:${timestamp}:${body}`], 'hex');
  const type = 'application/x-www-form-urlencoded';
  return {
    headers: { 'content-type': type, 'x-slack-request-timestamp': timestamp, 'x-slack-signature': `v0=${hex}` },
    body,
  };
}

const address = (): string => `https://hooks.slack.com/actions/T0LOCAL/${randomUUID()}`;
const idsOf = ({ as }: Playing): { readonly team: string; readonly user: string } => {
  const [user = '', team = ''] = as.split('/').toReversed();
  return { team, user };
};
const plain = (text: string): string => text.replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&amp;', '&');

function shown({ pathname }: URL, body: unknown): ShownMessage {
  const lines: string[] = [];
  const buttons: ShownButton[] = [];
  for (const block of list(fields(body)['blocks']).map(fields)) {
    const text = textOf(block['text'], 'text');
    if (text !== '') lines.push(plain(text));
    // A picture; its text is not escaped.
    for (const part of list(block['elements']).flatMap((one) => list(fields(one)['elements'])))
      lines.push(textOf(part, 'text'));
    for (const button of [block['accessory'], ...list(block['elements'])].filter(
      (one) => textOf(one, 'value') !== '',
    )) {
      const label = textOf(fields(button)['text'], 'text');
      buttons.push({ label, action: textOf(button, 'action_id'), value: textOf(button, 'value') });
      lines.push(`  [${buttons.length}] ${label}`);
    }
  }
  return { lines, buttons, isAtPlace: pathname.startsWith('/services/') };
}

/** Slack on one machine. */
export const play: Play = {
  secret: () => ({
    signingSecret: randomBytes(24).toString('base64'),
    app: 'A0LOCAL',
    teams: ['T0LOCAL'],
    places: { ops: 'https://hooks.slack.com/services/ops' },
  }),
  command: (line, playing) => {
    const { team: team_id, user: user_id } = idsOf(playing);
    return signed({ team_id, user_id, command: '/warden', text: line, response_url: address() }, playing);
  },
  press: ({ action, value }, playing) => {
    const { team: team_id, user: id } = idsOf(playing);
    const actions = [{ type: 'button', action_id: action, value }];
    const payload = { type: 'block_actions', user: { id, team_id }, actions, response_url: address() };
    return signed({ payload: JSON.stringify({ ...payload, api_app_id: playing.secrets.slack?.app }) }, playing);
  },
  screen: { hosts: ['hooks.slack.com'], accepted: { ok: true }, shown },
};

import { good, NOW } from '../a-receiver.ts';
import { aCommand, aDingTalkMessage, aFeishuMessage, aFeishuPress, aPress, aSubmission } from '../messages.ts';
import * as sign from '../sign.ts';
import { type Forgery, ID, reencoded } from './forgery.ts';

const feishuEvent = (over: object) => {
  const message = aFeishuMessage('sessions local');
  return sign.signedByFeishu({ ...message, header: { ...message.header, ...over } }, NOW);
};
const stranger = { user: { id: 'U0ADA', team_id: 'T0002' } };
/** What a modal of ours bears. */
export const aView = (responseUrl: string) => ({
  callback_id: 'reason',
  private_metadata: JSON.stringify({ request: ID, responseUrl }),
});
const feishuPress = aFeishuPress({ click: 'confirm', request: ID });

/** In the name of a platform of people: other bytes, another key, another app, team, tenant or corporation. */
export const OF_PEOPLE: readonly Forgery[] = [
  ['a body encoded anew', 'slack', () => ({ ...good.slack(), body: good.slack().body.replaceAll('+', '%20') })],
  ['a key that is another', 'slack', () => sign.signedBySlack(aCommand('sessions local'), NOW, 'other')],
  ['another app', 'slack', () => sign.signedBySlack(aCommand('sessions local', { api_app_id: 'A0OTHER' }), NOW)],
  [
    'another app, at a button',
    'slack',
    () => sign.signedBySlack(aPress('confirm:0', ID, { api_app_id: 'A0OTHER' }), NOW),
  ],
  ['another team', 'slack', () => sign.signedBySlack(aCommand('sessions local', { team_id: 'T0002' }), NOW)],
  [
    'a button of the same user ID of another team',
    'slack',
    () => sign.signedBySlack(aPress('confirm:0', ID, stranger), NOW),
  ],
  [
    'a modal of the same user ID of another team',
    'slack',
    () => sign.signedBySlack(aSubmission(aView('https://hooks.slack.com/a'), 'x', stranger), NOW),
  ],
  [
    'a modal that answers to another host',
    'slack',
    () => sign.signedBySlack(aSubmission(aView('https://evil.example/'), 'x'), NOW),
  ],
  ['a body encoded anew', 'feishu', () => reencoded(good.feishu())],
  ['a key that is another', 'feishu', () => sign.signedByFeishu(aFeishuMessage('x'), NOW, 'other key')],
  ['a body that is not encrypted', 'feishu', () => ({ headers: {}, body: JSON.stringify(aFeishuMessage('x')) })],
  [
    'a question with another token',
    'feishu',
    () => ({ headers: {}, body: sign.encryptedByFeishu({ type: 'url_verification', token: 'x', challenge: 'c' }) }),
  ],
  ['another token', 'feishu', () => feishuEvent({ token: 'other' })],
  ['another app', 'feishu', () => feishuEvent({ app_id: 'cli_2' })],
  ['another tenant', 'feishu', () => feishuEvent({ tenant_key: 'tenant2' })],
  [
    'the same open ID of another tenant',
    'feishu',
    () => sign.signedByFeishu(aFeishuMessage('x', 'e', 'ou_ada', 'tenant2'), NOW),
  ],
  [
    'the same open ID of another tenant, at a button',
    'feishu',
    () =>
      sign.signedByFeishu(
        { ...feishuPress, event: { ...feishuPress.event, operator: { open_id: 'ou_ada', tenant_key: 'tenant2' } } },
        NOW,
      ),
  ],
  ['a key that is another', 'dingtalk', () => sign.signedByDingTalk(aDingTalkMessage('x'), NOW, 'other key')],
  [
    'another corporation',
    'dingtalk',
    () => sign.signedByDingTalk(aDingTalkMessage('x', { senderCorpId: 'ding2' }), NOW),
  ],
  [
    'a captured signature under the body of another corporation',
    'dingtalk',
    () => ({ ...good.dingtalk(), body: JSON.stringify(aDingTalkMessage('x', { senderCorpId: 'ding9' })) }),
  ],
];

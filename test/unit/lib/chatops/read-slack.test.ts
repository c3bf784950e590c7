import { describe, expect, it } from 'vitest';
import { NOW } from '../../../support/chat/a-receiver.ts';
import { aCommand, aPress, aSubmission } from '../../../support/chat/messages.ts';
import { field, forged, incoming, type Refused, receive } from '../../../support/chat/received.ts';
import * as sign from '../../../support/chat/sign.ts';

const ID = 'r'.repeat(22);
const LONGEST = 'x'.repeat(2_000);
const OTHER = 'https://hooks.slack.com.example/a';
const slack = (body: string) => receive('slack', sign.signedBySlack(body, NOW));
const window = (metadata: unknown, callback = 'reason') =>
  aSubmission({ callback_id: callback, private_metadata: JSON.stringify(metadata) }, 'it is mine');
const bore = { request: ID, responseUrl: 'https://hooks.slack.com/a' };
const user = (id: unknown, team: unknown = 'T0001') => aPress('confirm', ID, { user: { id, team_id: team } });
const button = (actions: readonly unknown[]) => aPress('confirm', ID, { actions });

describe('what Slack signed is refused by the field that does not hold', () => {
  it.each<Refused>([
    ['a Slack user with a mark before', () => slack(aCommand('help', { user_id: '-U0ADA' })), field('user_id')],
    ['a Slack user with a mark after', () => slack(aCommand('help', { user_id: 'U0ADA-' })), field('user_id')],
    ['a Slack presser without an ID', () => slack(user(undefined)), field('user.id')],
    ['a Slack presser of no team', () => slack(user('U0ADA', 7)), field('user.team_id')],
    [
      'a Slack presser of an odd enterprise',
      () => slack(aPress('confirm', ID, { enterprise: {} })),
      field('enterprise.id'),
    ],
    [
      'a Slack window of an odd enterprise',
      () =>
        slack(aSubmission({ callback_id: 'reason', private_metadata: JSON.stringify(bore) }, 'x', { enterprise: {} })),
      field('enterprise.id'),
    ],
    [
      'a Slack window of nobody',
      () => slack(aSubmission({ callback_id: 'reason', private_metadata: JSON.stringify(bore) }, 'x', { user: {} })),
      field('user.id'),
    ],
    ['a Slack button without a value', () => slack(button([{ action_id: 'confirm' }])), field('actions.0.value')],
    ['a Slack press of no button', () => slack(button([])), field('actions')],
    ['a Slack payload that is no object', () => slack('payload=7'), field('body')],
    ['a Slack button of no name', () => slack(aPress('', ID)), ['request-invalid', 'actions: not a button of ours.']],
    [
      'a Slack request with more before',
      () => slack(aPress('confirm', `/${ID}`)),
      ['request-invalid', 'actions: not a button of ours.'],
    ],
    [
      'a Slack request with more after',
      () => slack(aPress('confirm', `${ID}r`)),
      ['request-invalid', 'actions: not a button of ours.'],
    ],
    [
      'a Slack reason for no request',
      () => slack(aPress('reason', 'x')),
      ['request-invalid', 'actions: not a button of ours.'],
    ],
    [
      'a Slack window for no request',
      () => slack(window({ ...bore, request: '../x' })),
      ['request-invalid', 'view: not a window of ours.'],
    ],
    [
      'another app of Slack',
      () => slack(aCommand('help', { api_app_id: 'A0OTHER' })),
      forged('The app is not the one configured.'),
    ],
    [
      'another workspace',
      () => slack(aCommand('help', { team_id: 'T0002' })),
      forged('The workspace is not one of those configured.'),
    ],
    [
      'an address that is not of Slack',
      () => slack(aCommand('help', { response_url: OTHER })),
      forged('response_url is not an address of Slack.'),
    ],
  ])('%s', (_, request, [code, detail]) => {
    expect(request).toThrow(expect.objectContaining({ code, detail }));
  });
});

describe('what Slack signed is read', () => {
  it.each<[string, () => unknown, object]>([
    ['the longest command of Slack', () => slack(aCommand(LONGEST)), incoming({ kind: 'message', text: LONGEST })],
    ['a command of Slack that is too long', () => slack(aCommand(`${LONGEST}x`)), { do: 'answer' }],
    [
      'the button of Slack that asks for a reason',
      () => slack(aPress('reason', ID)),
      incoming({
        kind: 'reason',
        request: ID,
        trigger: '1.2.a',
        to: { channel: 'slack', responseUrl: 'https://hooks.slack.com/actions/T0001/1/a' },
      }),
    ],
    [
      'a window of Slack',
      () => slack(window(bore)),
      incoming({ kind: 'click', click: 'confirm', request: ID, reason: 'it is mine' }),
    ],
  ])('%s', (_, request, expected) => {
    expect(request()).toMatchObject(expected);
  });
});

it('Slack’s question for our certificate is answered, signed or not, and does nothing else', () => {
  for (const body of ['ssl_check=1&token=x', aCommand('kill local 7', { ssl_check: '1' })])
    for (const request of [{ headers: {}, body }, sign.signedBySlack(body, NOW)])
      expect(receive('slack', request)).toEqual({ do: 'answer', body: null });
});

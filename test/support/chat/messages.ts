/** A slash command's form as Slack writes it. */
export const aCommand = (text: string, over: Readonly<Record<string, string>> = {}): string =>
  new URLSearchParams({
    token: 'unused',
    team_id: 'T0001',
    team_domain: 'example',
    channel_id: 'C1',
    channel_name: 'general',
    user_id: 'U0ADA',
    user_name: 'root',
    command: '/warden',
    text,
    api_app_id: 'A0WARDEN1',
    is_enterprise_install: 'false',
    response_url: 'https://hooks.slack.com/commands/T0001/1/a',
    trigger_id: '1.2.a',
    ...over,
  }).toString();

/** The press of a button as Slack writes it. */
export const aPress = (actionId: string, value: string, over: Readonly<Record<string, unknown>> = {}): string =>
  new URLSearchParams({
    payload: JSON.stringify({
      type: 'block_actions',
      api_app_id: 'A0WARDEN1',
      user: { id: 'U0ADA', username: 'root', name: 'root', team_id: 'T0001' },
      team: { id: 'T0001', domain: 'example' },
      enterprise: null,
      container: { type: 'message', message_ts: '1.2', channel_id: 'C1', is_ephemeral: true },
      response_url: 'https://hooks.slack.com/actions/T0001/1/a',
      trigger_id: '1.2.a',
      actions: [{ type: 'button', action_id: actionId, block_id: 'b', value }],
      ...over,
    }),
  }).toString();

/** A modal that somebody filled in, as Slack writes it. */
export const aSubmission = (
  { callback_id, private_metadata }: { readonly callback_id: string; readonly private_metadata: string },
  text: string,
  over: Readonly<Record<string, unknown>> = {},
): string =>
  new URLSearchParams({
    payload: JSON.stringify({
      type: 'view_submission',
      api_app_id: 'A0WARDEN1',
      team: { id: 'T0001', domain: 'example' },
      user: { id: 'U0ADA', username: 'root', name: 'root', team_id: 'T0001' },
      enterprise: null,
      trigger_id: '1.2.b',
      view: {
        id: 'V1',
        type: 'modal',
        callback_id,
        private_metadata,
        state: { values: { reason: { reason: { type: 'plain_text_input', value: text } } } },
      },
      response_urls: [],
      ...over,
    }),
  }).toString();

const header = (type: string, id: string) => ({
  event_id: id,
  event_type: type,
  create_time: '1700000000000',
  token: 'feishu-token',
  app_id: 'cli_1',
  tenant_key: 'tenant1',
});

/** A message to the bot as Feishu writes it. */
export const aFeishuMessage = (text: string, id = 'event-1', user = 'ou_ada', tenant = 'tenant1') => ({
  schema: '2.0',
  header: header('im.message.receive_v1', id),
  event: {
    sender: { sender_id: { open_id: user, user_id: 'x' }, sender_type: 'user', tenant_key: tenant },
    message: {
      message_id: 'om_1',
      chat_id: 'oc_1',
      chat_type: 'group',
      message_type: 'text',
      content: JSON.stringify({ text }),
    },
  },
});

/** The press of a card's button as Feishu writes it. */
export const aFeishuPress = (value: unknown, id = 'event-2', user = 'ou_ada', token = 'c-1') => ({
  schema: '2.0',
  header: header('card.action.trigger', id),
  event: {
    operator: { open_id: user, user_id: 'x', tenant_key: 'tenant1' },
    token,
    action: { value, tag: 'button' },
    host: 'im_message',
    context: { open_message_id: 'om_2', open_chat_id: 'oc_1' },
  },
});

/** A message to the robot as DingTalk writes it. */
export const aDingTalkMessage = (text: string, over: Readonly<Record<string, unknown>> = {}) => ({
  msgtype: 'text',
  msgId: 'msg0',
  conversationId: 'cid1',
  conversationType: '2',
  senderCorpId: 'ding1',
  senderStaffId: 'ada01',
  senderNick: 'root',
  sessionWebhook: 'https://oapi.dingtalk.com/robot/sendBySession?session=s1',
  sessionWebhookExpiredTime: 1_700_005_400_000,
  text: { content: ` ${text}` },
  ...over,
});

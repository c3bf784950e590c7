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

const anInstance = (labels: Readonly<Record<string, string>>, fingerprint: string, status = 'firing') => ({
  status,
  labels: { alertname: 'ConnectionsFull', ...labels },
  annotations: { summary: 'Connections are nearly used up' },
  startsAt: '2026-11-24T02:58:00Z',
  endsAt: '0001-01-01T00:00:00Z',
  generatorURL: 'http://prometheus/graph',
  fingerprint,
});

/** One alert of a group: its target, and its fingerprint. */
export const anAlertOf = (target: string, fingerprint: string, status?: string) =>
  anInstance({ target }, fingerprint, status);

/** A group of alerts as Alertmanager's version 4 writes it. */
export const anAlert = (over: Readonly<Record<string, unknown>> = {}) => ({
  version: '4',
  groupKey: '{}:{alertname="ConnectionsFull"}',
  truncatedAlerts: 0,
  status: 'firing',
  receiver: 'warden',
  groupLabels: { alertname: 'ConnectionsFull' },
  commonLabels: { alertname: 'ConnectionsFull', target: 'local' },
  commonAnnotations: { summary: 'Connections are nearly used up' },
  externalURL: 'http://alertmanager',
  alerts: [anAlertOf('local', 'f1')],
  ...over,
});

/** The same from Grafana's alerting, with what it adds. */
export const aGrafanaAlert = (over: Readonly<Record<string, unknown>> = {}) => ({
  ...anAlert(),
  version: '1',
  orgId: 1,
  title: '[FIRING:1] ConnectionsFull (local)',
  state: 'alerting',
  message: '**Firing**',
  externalURL: 'https://grafana.example/',
  alerts: [
    {
      ...anAlertOf('local', 'f1'),
      values: { A: 0.97 },
      valueString: "[ var='A' value=0.97 ]",
      silenceURL: 'https://grafana.example/alerting/silence/new',
      dashboardURL: '',
      panelURL: '',
      imageURL: '',
    },
  ],
  ...over,
});

/** An event of an incident as PagerDuty's V3 webhooks write it. */
export const aPagerDutyEvent = (type = 'incident.triggered', id = '01DX3Q0AXY6W3P', service = 'local') => ({
  event: {
    id,
    event_type: type,
    resource_type: 'incident',
    occurred_at: '2026-11-24T02:59:30.000Z',
    agent: null,
    client: null,
    data: {
      id: 'PGR0VU2',
      type: 'incident',
      self: 'https://api.pagerduty.com/incidents/PGR0VU2',
      number: 2,
      status: 'triggered',
      title: 'Checkout is slow',
      urgency: 'high',
      service: { id: 'PF9KMXH', summary: service, type: 'service_reference' },
    },
  },
});

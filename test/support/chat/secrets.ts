import { parseChatSecrets } from '../../../lib/chatops/channels/load-channel.ts';

/** What a machine signs with that asks, and what we sign with for one that is told. */
export const SENDER_SECRET = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';
export const RECEIVER_SECRET = 'whsec_cGFnZXItc2VjcmV0LW9mLTI0LWJ5dGVzISE=';

/** A secret that configures every channel, as the tests sign for it. */
export const CHAT_SECRETS = parseChatSecrets(
  JSON.stringify({
    slack: {
      signingSecret: '8f742231b10e8888abcd99yyyzzz85a5',
      app: 'A0WARDEN1',
      teams: ['T0001'],
      botToken: 'xoxb-test-token',
      places: { ops: 'https://hooks.slack.com/services/T0001/B1/x1' },
    },
    feishu: {
      app: 'cli_1',
      appSecret: 'feishu-app-secret',
      encryptKey: 'test key',
      verificationToken: 'feishu-token',
      tenants: ['tenant1'],
      places: { ops: 'oc_ops' },
    },
    dingtalk: {
      appSecret: 'dingtalk-app-secret',
      corporations: ['ding1'],
      places: { ops: 'https://oapi.dingtalk.com/robot/send?access_token=x' },
    },
    webhook: {
      deployer: SENDER_SECRET,
      pager: { url: 'https://pager.example/warden', secret: RECEIVER_SECRET },
    },
    alert: {
      prod: { from: 'alertmanager', secret: 'alertmanager-token' },
      grafana: { from: 'grafana', secret: 'grafana-signing-key' },
      pagerduty: { from: 'pagerduty', secret: 'pagerduty-signing-key' },
    },
  }),
);

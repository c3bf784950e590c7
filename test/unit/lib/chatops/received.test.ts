import { describe, expect, it } from 'vitest';
import { good, NOW } from '../../../support/chat/a-receiver.ts';
import { aGrafanaAlert, anAlert, aPagerDutyEvent } from '../../../support/chat/alert-messages.ts';
import { aFeishuPress, aPress } from '../../../support/chat/messages.ts';
import { receive } from '../../../support/chat/received.ts';
import * as sign from '../../../support/chat/sign.ts';

const ID = 'r'.repeat(22);
const person = (channel: string, tenant: string, user: string) => ({ channel, enterprise: null, tenant, user });
const key = (prefix: string) => expect.stringMatching(new RegExp(`^${prefix}.{20,}$`));
const LABELS = { alertname: 'ConnectionsFull', target: 'local' };
const alerted = (source: string, title: string, labels: unknown, once: unknown) => ({
  do: 'work',
  incoming: { kind: 'alert', source, title, labels },
  once,
  acknowledgement: {},
});

describe('a signed request becomes what it says, and nothing else', () => {
  it('of Slack', () => {
    const from = person('slack', 'T0001', 'U0ADA');
    const once = { key: key('slack/v0='), seconds: 900, again: 'refuse' };
    expect(receive('slack', good.slack())).toEqual({
      do: 'work',
      incoming: {
        kind: 'message',
        from,
        text: 'sessions local',
        to: { channel: 'slack', responseUrl: 'https://hooks.slack.com/commands/T0001/1/a' },
      },
      once,
      acknowledgement: null,
    });
    expect(receive('slack', sign.signedBySlack(aPress('confirm', ID), NOW))).toEqual({
      do: 'work',
      incoming: {
        kind: 'click',
        from,
        click: 'confirm',
        request: ID,
        to: { channel: 'slack', responseUrl: 'https://hooks.slack.com/actions/T0001/1/a' },
      },
      once,
      acknowledgement: null,
    });
  });

  it('of Feishu', () => {
    const from = person('feishu', 'tenant1', 'ou_ada');
    expect(receive('feishu', good.feishu())).toEqual({
      do: 'work',
      incoming: {
        kind: 'message',
        from,
        text: 'sessions local',
        to: { channel: 'feishu', chat: 'oc_1', cardToken: null },
      },
      once: { key: 'feishu/event-1', seconds: 86_400, again: 'acknowledge' },
      acknowledgement: {},
    });
    expect(receive('feishu', sign.signedByFeishu(aFeishuPress({ click: 'confirm', request: ID }), NOW))).toEqual({
      do: 'work',
      incoming: {
        kind: 'click',
        from,
        click: 'confirm',
        request: ID,
        to: { channel: 'feishu', chat: 'oc_1', cardToken: 'c-1' },
      },
      once: { key: 'feishu/event-2', seconds: 86_400, again: 'acknowledge' },
      acknowledgement: {},
    });
  });

  it('of DingTalk and of a machine', () => {
    expect(receive('dingtalk', good.dingtalk())).toEqual({
      do: 'work',
      incoming: {
        kind: 'message',
        from: person('dingtalk', 'ding1', 'ada01'),
        text: 'sessions local',
        to: { channel: 'dingtalk', sessionWebhook: 'https://oapi.dingtalk.com/robot/sendBySession?session=s1' },
      },
      once: { key: key('dingtalk/'), seconds: 10_800, again: 'refuse' },
      acknowledgement: {},
    });
    expect(receive('webhook', good.webhook(), 'deployer')).toEqual({
      do: 'work',
      incoming: {
        kind: 'message',
        from: person('webhook', 'webhook', 'deployer'),
        text: 'sessions local',
        to: { channel: 'place', place: 'slack:ops' },
      },
      once: { key: 'webhook/msg_1/deployer', seconds: 900, again: 'compare' },
      acknowledgement: { accepted: true },
    });
  });

  it('of the alerters, each once as it tells its own apart', () => {
    const few = (source: string) => ({ key: key(`alert/${source}/`), seconds: 300, again: 'acknowledge' });
    const title = 'Connections are nearly used up';
    expect(receive('alert', sign.signedByAlerter(anAlert(), 'prod'), 'prod')).toEqual(
      alerted('prod', title, [LABELS, LABELS], few('prod')),
    );
    expect(receive('alert', sign.signedByAlerter(aGrafanaAlert(), 'grafana'), 'grafana')).toEqual(
      alerted('grafana', title, [LABELS, LABELS], few('grafana')),
    );
    expect(receive('alert', sign.signedByAlerter(aPagerDutyEvent(), 'pagerduty'), 'pagerduty')).toEqual(
      alerted('pagerduty', 'Checkout is slow', [{ service: 'local' }], {
        key: 'alert/pagerduty/01DX3Q0AXY6W3P',
        seconds: 604_800,
        again: 'acknowledge',
      }),
    );
    expect(
      receive('alert', sign.signedByAlerter(aPagerDutyEvent('incident.resolved'), 'pagerduty'), 'pagerduty'),
    ).toEqual({ do: 'answer', body: {} });
    expect(receive('alert', sign.signedByAlerter(anAlert({ status: 'resolved' }), 'prod'), 'prod')).toEqual({
      do: 'answer',
      body: {},
    });
  });
});

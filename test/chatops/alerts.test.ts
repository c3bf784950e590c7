import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { isRunning, seen } from '../engines/a-server.ts';
import { engines } from '../engines/engines.ts';
import { aGrafanaAlert, anAlert, anAlertOf, aPagerDutyEvent } from '../support/chat/alert-messages.ts';
import { feishuButtons, feishuText } from '../support/chat/fake-feishu.ts';
import { sendAsPlatform, until } from '../support/chat/fake-server.ts';
import { signedByAlerter } from '../support/chat/sign.ts';
import { buttonOf, buttonsOf, textOf } from '../support/chat/slack-message.ts';
import { CUT, chatOn } from './chat-on.ts';

const oceanbase = engines.find(({ name }) => name === 'oceanbase');
const COMMON = { commonLabels: { alertname: 'ConnectionsFull' } };

describe.each([oceanbase ?? { name: 'oceanbase', url: undefined }])('alerts on $name', ({ url = '' }) => {
  const { on, services, running } = chatOn(url);
  const send = async (value: unknown, from: 'prod' | 'grafana' | 'pagerduty') => {
    const answer = await sendAsPlatform(`${on.chat.gateway}/chat/alert/${from}`, signedByAlerter(value, from));
    expect(answer).toEqual({ status: 200, body: '{}' });
  };
  const slackAfter = (count: number) => until(() => [...on.chat.slack.messages.values()][count], 'the alert in Slack');
  /** Nothing that is still under way would be seen if nobody waited for it. */
  const settled = async () => {
    await sleep(500);
    return on.chat.slack.messages.size + on.chat.feishu.cards.size + on.chat.dingtalk.messages.length;
  };

  it.skipIf(!url)(
    'Alertmanager: offers, ends nothing by itself, and a person who may ends with two presses',
    async () => {
      const { client, ended } = await running();
      const before = on.chat.slack.messages.size;
      await send(anAlert(), 'prod');
      const alert = await slackAfter(before);
      expect(textOf(alert)).toContain('Alert: Connections are nearly used up');
      expect(isRunning(await seen(services, client.id))).toBe(true);
      const button = buttonOf(alert, 'Cancel query', client.id);
      expect(textOf(await on.chat.slack.press(alert, button, 'U0LINUS'))).toContain('may not end it');
      // Neither yes nor no of somebody who may not takes the button from those who may.
      for (const click of ['confirm', 'deny'])
        expect(textOf(await on.chat.slack.press(alert, { ...button, action_id: `${click}:0` }, 'U0LINUS'))).toContain(
          'may not end it',
        );
      const question = await on.chat.slack.press(alert, button);
      expect(textOf(await on.chat.slack.press(question, buttonOf(question, 'Yes')))).toContain('By ada');
      expect(CUT).toContain(await ended);
    },
  );

  it.skipIf(!url)(
    'Alertmanager: a second one of a cluster and a retry say nothing more; a further alert of the group does',
    async () => {
      const groupKey = '{}:{alertname="Repeated"}';
      const before = on.chat.slack.messages.size;
      await send(anAlert({ groupKey }), 'prod');
      await slackAfter(before);
      const count = await settled();
      await send(anAlert({ groupKey }), 'prod');
      await send(anAlert({ groupKey, externalURL: 'http://alertmanager-2', receiver: 'warden-2' }), 'prod');
      await send(
        anAlert({ groupKey, alerts: [anAlertOf('local', 'f1'), anAlertOf('local', 'f9', 'resolved')] }),
        'prod',
      );
      expect(await settled()).toBe(count);
      await send(anAlert({ groupKey, alerts: [anAlertOf('local', 'f1'), anAlertOf('local', 'f2')] }), 'prod');
      await slackAfter(before + 1);
    },
  );

  it.skipIf(!url)('an alert that is over is taken and says nothing', async () => {
    const count = await settled();
    await send(anAlert({ status: 'resolved', alerts: [anAlertOf('local', 'f1', 'resolved')] }), 'prod');
    await send(aGrafanaAlert({ status: 'resolved', state: 'ok' }), 'grafana');
    for (const type of ['incident.resolved', 'incident.acknowledged', 'pagey.ping'])
      await send(aPagerDutyEvent(type, `E${type.length}`), 'pagerduty');
    expect(await settled()).toBe(count);
  });

  it.skipIf(!url)('a group of several targets is one message for each; one that names none says so', async () => {
    const before = on.chat.slack.messages.size;
    const alerts = [anAlertOf('local', 'f1'), anAlertOf('elsewhere', 'f2'), anAlertOf('local', 'f3')];
    await send(anAlert({ ...COMMON, groupKey: 'several', alerts }), 'prod');
    expect(textOf(await slackAfter(before))).toContain('on local:');
    expect(textOf(await slackAfter(before + 1))).toContain('on elsewhere:');
    const nameless = [{ ...anAlertOf('x', 'f4'), labels: { alertname: 'ConnectionsFull' } }];
    await send(anAlert({ ...COMMON, groupKey: 'nameless', alerts: nameless }), 'prod');
    const message = await slackAfter(before + 2);
    expect(textOf(message)).toContain('It has no label target');
    expect(buttonsOf(message)).toEqual([]);
    expect(await settled()).toBeGreaterThan(0);
    expect(on.chat.slack.messages.size).toBe(before + 3);
  });

  it.skipIf(!url)('Grafana: the same in a card, whose button a person presses', async () => {
    const { client } = await running();
    const before = on.chat.feishu.cards.size;
    await send(aGrafanaAlert(), 'grafana');
    const card = await until(() => [...on.chat.feishu.cards.values()][before], 'the alert in Feishu');
    expect(feishuText(card)).toContain(client.id);
    const at = card.body.elements.findIndex((one) => one.tag === 'div' && one.text.content.includes(`${client.id} · `));
    const row = { ...card, body: { elements: card.body.elements.slice(at, at + 2) } };
    const question = await on.chat.feishu.press(row, 'Cancel query');
    const outcome = await on.chat.feishu.press(question, 'Yes, cancel it');
    expect(feishuText(outcome)).toContain('The statement was canceled');
    expect(feishuButtons(outcome)).toEqual([]);
    expect(await client.isAlive()).toBe(true);
  });

  it.skipIf(!url)('PagerDuty: once for an event, and in DingTalk without a button', async () => {
    const { client } = await running();
    const before = on.chat.dingtalk.messages.length;
    await send(aPagerDutyEvent(), 'pagerduty');
    const { text } = await until(() => on.chat.dingtalk.messages[before], 'the alert in DingTalk');
    expect(text).toContain('Alert: Checkout is slow');
    expect(text).toContain(client.id);
    await send(aPagerDutyEvent(), 'pagerduty');
    await settled();
    expect(on.chat.dingtalk.messages).toHaveLength(before + 1);
    expect(isRunning(await seen(services, client.id))).toBe(true);
  });
});

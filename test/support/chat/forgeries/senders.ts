import { good, NOW, withHeader, without } from '../a-receiver.ts';
import { aGrafanaAlert, anAlert, aPagerDutyEvent } from '../alert-messages.ts';
import { RECEIVER_SECRET } from '../secrets.ts';
import * as sign from '../sign.ts';
import { type Forgery, reencoded } from './forgery.ts';

/** In the name of a machine or an alerter. */
export const OF_SENDERS: readonly Forgery[] = [
  ['a body encoded anew', 'webhook', () => reencoded(good.webhook())],
  ['no ID', 'webhook', () => without(good.webhook(), 'webhook-id')],
  ['another ID', 'webhook', () => withHeader(good.webhook(), 'webhook-id', 'msg_2')],
  ['a sender that is not known', 'webhook', good.webhook, 'other'],
  [
    'what we sign with for a receiver',
    'webhook',
    () => sign.signedByWebhook({ command: 'help', post: 'slack:ops' }, NOW, 'msg_3', RECEIVER_SECRET),
    'pager',
  ],
  ['a sender named like a part of JavaScript', 'webhook', good.webhook, '__proto__'],
  [
    'a Grafana body encoded anew',
    'alert',
    () => reencoded(sign.signedByAlerter(aGrafanaAlert(), 'grafana')),
    'grafana',
  ],
  [
    'a PagerDuty body encoded anew',
    'alert',
    () => reencoded(sign.signedByAlerter(aPagerDutyEvent(), 'pagerduty')),
    'pagerduty',
  ],
  ['a sender that is not known', 'alert', good.alert, 'other'],
  ['no token', 'alert', () => without(good.alert(), 'authorization')],
  ['a short token', 'alert', () => withHeader(good.alert(), 'authorization', 'Bearer alertmanager')],
  ['the token of another', 'alert', () => withHeader(good.alert(), 'authorization', 'Bearer grafana-signing-key')],
  ...(['grafana', 'pagerduty'] as const).flatMap((from): readonly Forgery[] => {
    const header = from === 'grafana' ? 'x-grafana-alerting-signature' : 'x-pagerduty-signature';
    const alert = () => sign.signedByAlerter(from === 'grafana' ? aGrafanaAlert() : aPagerDutyEvent(), from);
    return [
      [`no signature of ${from}`, 'alert', () => without(alert(), header), from],
      [`a short signature of ${from}`, 'alert', () => withHeader(alert(), header, 'v1=ab'), from],
      [`a signature of other letters of ${from}`, 'alert', () => withHeader(alert(), header, 'z'.repeat(64)), from],
      [
        `a signature of another body of ${from}`,
        'alert',
        () => ({ ...alert(), body: JSON.stringify(anAlert()) }),
        from,
      ],
    ];
  }),
];

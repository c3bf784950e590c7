import type { SignedRequest } from '../channel.ts';
import type { ChatSecrets } from '../secrets.ts';
import { headerOf, hmac, isSame, unsigned } from '../signature.ts';

/** One sender of alerts, as the secret knows it. */
export type Alerter = NonNullable<ChatSecrets['alert']>[string];

/** PagerDuty sends one signature for each secret that it knows. */
const MAX_SIGNATURES = 10;

/**
 * The proof of an alert's sender. Alertmanager has no signature: a bearer token. Grafana: hex HMAC-SHA256 of the body
 * in `X-Grafana-Alerting-Signature`. PagerDuty: the same as `v1=…`, several with commas, in `X-PagerDuty-Signature`.
 * None of them has a time, so an alert lists and offers, and does nothing by itself.
 */
export const VERIFY: Readonly<Record<Alerter['from'], (request: SignedRequest, secret: string) => void>> = {
  alertmanager: (request, secret) => {
    if (!isSame(headerOf(request, 'authorization'), `Bearer ${secret}`)) throw unsigned('Authorization does not hold.');
  },
  grafana: (request, secret) => {
    if (!isSame(headerOf(request, 'x-grafana-alerting-signature'), hmac(secret, [request.body], 'hex')))
      throw unsigned('X-Grafana-Alerting-Signature does not hold.');
  },
  pagerduty: (request, secret) => {
    const right = `v1=${hmac(secret, [request.body], 'hex')}`;
    const given = headerOf(request, 'x-pagerduty-signature').split(',').slice(0, MAX_SIGNATURES);
    if (!given.some((one) => isSame(one.trim(), right))) throw unsigned('X-PagerDuty-Signature does not hold.');
  },
};

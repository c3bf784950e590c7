import type { SignedRequest } from '../channel.ts';
import type { ChatSecrets } from '../secrets.ts';
import { headerOf, hmac, isSame, unsigned } from '../signature.ts';

/** One sender of alerts, as the secret knows it. */
export type Alerter = NonNullable<ChatSecrets['alert']>[string];

/** PagerDuty sends one signature for each secret that it knows. */
const MAX_SIGNATURES = 10;

const PROOFS: Readonly<Record<Alerter['from'], (request: SignedRequest, secret: string) => boolean>> = {
  alertmanager: (request, secret) => isSame(headerOf(request, 'authorization'), `Bearer ${secret}`),
  grafana: (request, secret) =>
    isSame(headerOf(request, 'x-grafana-alerting-signature'), hmac(secret, [request.body], 'hex')),
  pagerduty: (request, secret) => {
    const right = `v1=${hmac(secret, [request.body], 'hex')}`;
    const given = headerOf(request, 'x-pagerduty-signature').split(',').slice(0, MAX_SIGNATURES);
    return given.some((one) => isSame(one.trim(), right));
  },
};

/**
 * The proof of an alert's sender. Alertmanager has no signature: a bearer token. Grafana: hex HMAC-SHA256 of the body
 * in `X-Grafana-Alerting-Signature`. PagerDuty: the same as `v1=…`, several with commas, in `X-PagerDuty-Signature`.
 * None of them has a time, so an alert lists and offers, and does nothing by itself.
 *
 * @param alerter - `undefined` for a sender that is not known, who is answered like one without the right proof
 * @throws AppError `signature-invalid`
 */
export function verifyAlert(request: SignedRequest, alerter: Alerter | undefined): Alerter {
  const { from, secret } = alerter ?? { from: 'grafana', secret: '' };
  const holds = PROOFS[from](request, secret);
  if (alerter === undefined || !holds) throw unsigned('The sender is not known, or its proof does not hold.');
  return alerter;
}

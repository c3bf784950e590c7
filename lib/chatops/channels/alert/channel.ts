import * as z from 'zod/mini';
import { AppError } from '../../../errors.ts';
import {
  configured,
  hashOf,
  headerOf,
  hmac,
  isSame,
  json,
  shaped,
  signatureInvalid,
  utf8,
} from '../../receiver/signed-request.ts';
import type { Channel, ChatSecrets, Once, Received, SignedRequest } from '../channel.ts';
import { alert } from './about.ts';

/** A group of alerts that is repeated within this time is the same; later it is news again. Longer than a sender tries, or a second sender is behind. */
const GROUP_SECONDS = 300;

/** An alert that begins, or one that ends or needs no action: that one is answered and left. */
function receiveAlert(request: SignedRequest, secrets: ChatSecrets): Received {
  const source = request.source ?? '';
  const known = configured(secrets.alert, 'alert');
  const alerter = verifyAlert(request, Object.hasOwn(known, source) ? known[source] : undefined);
  const read = READ[alerter.from](json(utf8(request.body)));
  if (read === 'over') return { do: 'answer', body: {} };
  const { title, labels, id, seconds = GROUP_SECONDS } = read;
  const once: Once = { key: `alert/${source}/${id}`, seconds, again: 'acknowledge' };
  return { do: 'work', incoming: { kind: 'alert', source, title, labels }, once, acknowledgement: {} };
}

/** Alerts of Alertmanager, Grafana and PagerDuty: they list and offer; a person's press of a button ends. */
export const channel: Channel = {
  about: alert,
  receive: receiveAlert,
  render: (answer) => answer,
  deliver: () => Promise.reject(new AppError('internal')),
};

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
  if (alerter === undefined || !holds) throw signatureInvalid('The sender is not known, or its proof does not hold.');
  return alerter;
}

/** PagerDuty sends an event again for days. */
const WEEK_SECONDS = 7 * 86_400;
/** Alerts of a group that are looked at. */
const MAX_ALERTS = 100;

const labels = z._default(z.record(z.string(), z.string()), {});
const groupSchema = z.object({
  status: z.string(),
  groupKey: z.optional(z.string()),
  groupLabels: labels,
  commonLabels: labels,
  commonAnnotations: labels,
  alerts: z._default(
    z.array(
      z.object({ status: z.string(), labels, fingerprint: z.optional(z.string()), startsAt: z.optional(z.string()) }),
    ),
    [],
  ),
});
const pagerDutySchema = z.object({
  event: z.object({
    id: z.string().check(z.regex(/^[\w-]{1,128}$/)),
    event_type: z.string(),
    data: z.object({
      title: z.optional(z.string()),
      service: z.nullish(z.object({ summary: z.optional(z.string()) })),
    }),
  }),
});

/** What is known of an alert that needs action. */
interface ReadAlert {
  readonly title: string;
  readonly labels: readonly Readonly<Record<string, string>>[];
  /** The same for the same alert, however often and by however many it is sent. */
  readonly id: string;
  /** How long to remember the ID. */
  readonly seconds?: number;
}

/**
 * Alertmanager's version 4 (prometheus.io, "Alerting: configuration, webhook_config"); Grafana sends the same and a little
 * more. Which alerts of the group fire makes the identity: a further one is news, a second Alertmanager of a cluster is not.
 */
function readGroup(value: unknown): ReadAlert | 'over' {
  const { status, groupKey, groupLabels, commonLabels, commonAnnotations, alerts } = shaped(groupSchema, value);
  if (status !== 'firing') return 'over';
  const common = { ...groupLabels, ...commonLabels };
  const firing = alerts.filter((alert) => alert.status === 'firing').slice(0, MAX_ALERTS);
  const which = firing.map(({ fingerprint, startsAt, labels: own }) =>
    fingerprint === undefined ? own : [fingerprint, startsAt],
  );
  return {
    title: commonAnnotations['summary'] ?? common['alertname'] ?? 'An alert',
    labels: [common, ...firing.map((alert) => alert.labels)],
    id: hashOf(groupKey ?? common, which.map((one) => JSON.stringify(one)).toSorted()),
  };
}

/** PagerDuty's V3 (developer.pagerduty.com, "Webhooks overview"): only an incident that begins is acted on. */
function readPagerDuty(value: unknown): ReadAlert | 'over' {
  const { event } = shaped(pagerDutySchema, value);
  if (event.event_type !== 'incident.triggered') return 'over';
  const service = event.data.service?.summary ?? '';
  return { title: event.data.title ?? 'An incident', labels: [{ service }], id: event.id, seconds: WEEK_SECONDS };
}

/** Reads what each sender sends. @throws AppError `request-invalid` */
export const READ: Readonly<Record<Alerter['from'], (value: unknown) => ReadAlert | 'over'>> = {
  alertmanager: readGroup,
  grafana: readGroup,
  pagerduty: readPagerDuty,
};

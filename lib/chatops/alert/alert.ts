import { createHash } from 'node:crypto';
import * as z from 'zod/mini';
import { AppError } from '../../errors.ts';
import type { Channel, Once, Received, SignedRequest } from '../channel.ts';
import { json, shaped, utf8 } from '../read-json.ts';
import type { ChatSecrets } from '../secrets.ts';
import { configured } from '../signature.ts';
import { VERIFY } from './verify.ts';

const WEEK_SECONDS = 7 * 86_400;
const labels = z._default(z.record(z.string(), z.string()), {});
/** Alertmanager's version 4; Grafana sends the same and a little more. */
const groupSchema = z.object({
  status: z.string(),
  groupLabels: labels,
  commonLabels: labels,
  commonAnnotations: labels,
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

type Read = {
  readonly title: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly isOn: boolean;
  readonly id: string | null;
};

function readGroup(value: unknown): Read {
  const { status, groupLabels, commonLabels, commonAnnotations } = shaped(groupSchema, value);
  const all = { ...groupLabels, ...commonLabels };
  const title = commonAnnotations['summary'] ?? all['alertname'] ?? 'An alert';
  return { title, labels: all, isOn: status === 'firing', id: null };
}

function readPagerDuty(value: unknown): Read {
  const { event } = shaped(pagerDutySchema, value);
  const service = event.data.service?.summary ?? '';
  const isOn = event.event_type === 'incident.triggered';
  return { title: event.data.title ?? 'An incident', labels: { service }, isOn, id: event.id };
}

/** An alert that begins; one that ends, or that nobody has to act on, is answered and left. */
export function receiveAlert(request: SignedRequest, secrets: ChatSecrets): Received {
  const source = request.source ?? '';
  const alerter = configured(Object.hasOwn(secrets.alert, source) ? secrets.alert[source] : undefined, 'This alerter');
  VERIFY[alerter.from](request, alerter.secret);
  const value = json(utf8(request.body));
  const { title, labels: all, isOn, id } = alerter.from === 'pagerduty' ? readPagerDuty(value) : readGroup(value);
  if (!isOn) return { do: 'answer', body: {} };
  // Alertmanager repeats an alert that goes on: minutes later it is news again, at once it is the same.
  const digest = createHash('sha256').update(request.body).digest('base64url');
  const once: Once = {
    key: `alert/${source}/${id ?? digest}`,
    seconds: id === null ? 60 : WEEK_SECONDS,
    again: 'acknowledge',
  };
  return { do: 'work', incoming: { kind: 'alert', source, title, labels: all }, once, acknowledgement: {} };
}

/** Alerts of Alertmanager, Grafana and PagerDuty: they list and offer; a person's press of a button ends. */
export const alert: Channel = {
  name: 'alert',
  mayEnd: false,
  receive: receiveAlert,
  render: (answer) => answer,
  deliver: () => Promise.reject(new AppError('internal')),
};

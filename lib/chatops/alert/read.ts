import * as z from 'zod/mini';
import { hashOf } from '../hash-of.ts';
import { shaped } from '../read-json.ts';
import type { Alerter } from './verify.ts';

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

/** What is known of an alert that somebody has to act on. */
export interface ReadAlert {
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

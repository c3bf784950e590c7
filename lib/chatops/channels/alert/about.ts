import * as z from 'zod/mini';
import type { ChannelAbout } from '../channel-about.ts';
import { text } from '../channel-about.ts';

/** Alerts of Alertmanager, Grafana and PagerDuty: they list and offer; a person's press of a button ends. */
export const alert = {
  name: 'alert',
  asks: 'alert',
  mayEnd: false,
  /** By the sender's name. */
  secret: z.record(
    z.string(),
    z.strictObject({
      from: z.enum(['alertmanager', 'grafana', 'pagerduty']),
      /** Alertmanager: the bearer token; Grafana and PagerDuty: the key of the signature. */
      secret: text.check(z.minLength(16)),
    }),
  ),
} as const satisfies ChannelAbout;

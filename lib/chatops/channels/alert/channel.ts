import { AppError } from '../../../errors.ts';
import { json, utf8 } from '../../receiver/read-json.ts';
import { configured } from '../../receiver/signature.ts';
import type { ChatSecrets } from '../../secrets.ts';
import type { Channel, Once, Received, SignedRequest } from '../channel.ts';
import { alert } from './about.ts';
import { READ, verifyAlert } from './read.ts';

/** A group of alerts that is repeated within this time is the same; later it is news again. Longer than a sender tries, or a second sender is behind. */
const GROUP_SECONDS = 300;

/** An alert that begins, or one that ends or needs no action: that one is answered and left. */
export function receiveAlert(request: SignedRequest, secrets: ChatSecrets): Received {
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

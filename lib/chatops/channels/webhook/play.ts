import { randomBytes, randomUUID } from 'node:crypto';
import { Webhook } from 'standardwebhooks';
import type { Play } from '../play.ts';

/** A machine on this one, whose answers go to the place `slack:ops`. */
export const play: Play = {
  secret: () => ({ local: `whsec_${randomBytes(24).toString('base64')}` }),
  command: (line, { secrets, as, now }) => {
    const body = JSON.stringify({ command: line, post: 'slack:ops' });
    const id = randomUUID();
    const secret = secrets.webhook?.[as];
    const headers = {
      'content-type': 'application/json',
      'webhook-id': id,
      'webhook-timestamp': String(Math.floor(now.getTime() / 1000)),
      'webhook-signature': new Webhook(typeof secret === 'string' ? secret : '').sign(id, now, body),
    };
    return { headers, body };
  },
};

import { randomBytes, randomUUID } from 'node:crypto';
import type { Play } from '../play.ts';

/** An Alertmanager on this machine: the line is the target that its alert is about. */
export const play: Play = {
  secret: () => ({ local: { from: 'alertmanager', secret: randomBytes(24).toString('base64') } }),
  command: (line, { secrets, as, now }) => {
    const labels = { alertname: 'ConnectionsFull', target: line };
    const alert = { status: 'firing', labels, fingerprint: randomUUID(), startsAt: now.toISOString() };
    const body = { version: '4', groupKey: 'local', status: 'firing', commonLabels: labels, alerts: [alert] };
    const authorization = `Bearer ${secrets.alert?.[as]?.secret ?? ''}`;
    return { headers: { 'content-type': 'application/json', authorization }, body: JSON.stringify(body) };
  },
};

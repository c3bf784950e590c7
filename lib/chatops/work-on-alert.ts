import { anAnswer } from './answer.ts';
import { answerTo } from './answer-later.ts';
import type { Incoming, ReplyTo } from './channel.ts';
import { runInside } from './run-inside.ts';
import type { WorkerServices } from './work.ts';

/** An alert of more targets than this is about something else than one of them. */
const MAX_TARGETS = 5;

/**
 * Posts what the targets of an alert look like now, one message each, where the configuration says. Each is looked at as the
 * alert itself, which may view what its groups may.
 */
export async function workOnAlert(
  services: WorkerServices,
  requestId: string,
  alert: Extract<Incoming, { kind: 'alert' }>,
): Promise<void> {
  const { alerts } = services.config.chat;
  const known = Object.hasOwn(alerts, alert.source) ? alerts[alert.source] : undefined;
  // Signed, and nobody said where it should go: nothing to do, and nobody to tell.
  if (known === undefined) return;
  const to: ReplyTo = { channel: 'place', place: known.post };
  const title = alert.title.slice(0, 300) || 'An alert';
  const targets = targetsOf(alert.labels, known.target);
  if (targets.length === 0) {
    const lines = [`It has no label ${known.target}, which names the target.`];
    return answerTo(services, requestId, to, anAnswer(`Alert: ${title}`, { lines, audience: 'all' }));
  }
  const subject = `alert/${alert.source}`;
  const chat = { identities: [subject], isMapped: true };
  const principal = { source: 'webhook' as const, subject, groups: [...known.groups], claims: {}, chat };
  for (const target of targets.slice(0, MAX_TARGETS)) {
    const what = { do: 'alert' as const, target, title };
    await answerTo(
      services,
      requestId,
      to,
      await runInside(services, requestId, { principal, channel: 'alert', what }),
    );
  }
  if (targets.length > MAX_TARGETS) {
    const lines = [`It is about ${targets.length} targets; the first ${MAX_TARGETS} are shown.`];
    await answerTo(services, requestId, to, anAnswer(`Alert: ${title}`, { lines, audience: 'all' }));
  }
}

/** The targets that the labels name: once each, in their order. */
function targetsOf(labels: readonly Readonly<Record<string, string>>[], name: string): readonly string[] {
  const named = labels.flatMap((all) => (Object.hasOwn(all, name) ? [all[name] ?? ''] : []));
  return [...new Set(named.filter((target) => target !== '').map((target) => target.slice(0, 256)))];
}

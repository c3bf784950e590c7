import { listAudit } from '../../audit/list-audit.ts';
import { undecidableInWords } from '../../reaper/asked.ts';
import { byWhom, resumeKills, stopKills } from '../../sessions/kill/stop-kills.ts';
import { checkTarget } from '../../targets/check-target.ts';
import { listTargets } from '../../targets/list-targets.ts';
import { anAnswer, type ChatAnswer, MAX_ROWS } from '../messages/answer.ts';
import { counted, OUTCOME_WORDS, timeInWords } from '../messages/in-words.ts';
import { COMMANDS, type Command } from './command.ts';
import type { CommandCall } from './ports.ts';

/** Every command with an example, and who the caller is here. */
export const answerHelp = ({ principal }: CommandCall): ChatAnswer =>
  anAnswer('Available commands', { lines: [...Object.values(COMMANDS), `You are ${principal.subject}.`] });

/** The targets that the caller may see. */
export async function answerTargets({ services, principal }: CommandCall): Promise<ChatAnswer> {
  const { targets } = await listTargets(services, { principal });
  if (targets.length === 0) return anAnswer('No targets that you may view', { lines: ['Ask for an access rule.'] });
  const rows = targets.slice(0, MAX_ROWS).map(({ name, engine, version, reachable }) => ({
    head: reachable ? `${name} · ${engine} ${version}` : `${name} · not reachable`,
    code: null,
    button: null,
  }));
  return anAnswer(counted(targets.length, 'target'), { rows });
}

/** The latest records of a target. */
export async function answerAudit({ services, principal }: CommandCall, target: string): Promise<ChatAnswer> {
  const { records } = await listAudit(services, { principal, query: { target, limit: MAX_ROWS } });
  if (records.length === 0) return anAnswer(`No records of ${target} that you may view`);
  const now = services.now();
  const rows = records.map((record) => {
    const ago = timeInWords((now - Date.parse(record.at)) / 1000);
    const which = record.sessionId === null ? '' : ` ${record.sessionId} of ${record.user ?? '–'}`;
    const what = `${record.principal.subject} · ${record.kind}${which}`;
    const outcome = record.outcome === null ? 'The result is not known yet.' : OUTCOME_WORDS[record.outcome];
    return { head: `${ago} ago · ${what} · ${outcome}`, code: record.reason, button: null };
  });
  return anAnswer(`Latest records of ${target}`, { rows });
}

/** How a target is. The grants that it lacks are for the HTTP API: a chat is read by many. */
export async function answerHealth({ services, principal }: CommandCall, target: string): Promise<ChatAnswer> {
  const health = await checkTarget(services, { principal, target });
  if (!health.reachable) {
    const { detail, hint } = health.problem ?? {};
    return anAnswer(`${target} is not reachable`, { lines: [detail ?? '', hint ?? ''].filter(Boolean) });
  }
  const { engine, version, latencyMs, connectMs, encryption, missing, undecidable } = health;
  const { connections, running, waiting } = health;
  const load = [
    connections === null ? '' : `${connections.used} of ${connections.most} connections used`,
    running === null ? '' : `${running} running`,
    waiting === null ? '' : `${waiting} waiting for a lock`,
  ]
    .filter(Boolean)
    .join(', ');
  return anAnswer(`${target} is reachable`, {
    lines: [
      `${engine} ${version}, connected in ${connectMs} ms, ${latencyMs} ms per round trip.`,
      ...(load === '' ? [] : [`${load}.`]),
      ...(encryption?.weakness ? [encryption.weakness] : []),
      missing.length === 0 ? 'Nothing is missing.' : `Missing: ${missing.map(({ name }) => name).join(', ')}.`,
      ...undecidable.map((rule) => `Rule ${rule.reaper}: ${undecidableInWords(rule)}`),
    ],
  });
}

/** Stops every kill, or ends that, and tells everyone in the channel. */
export async function answerStop(
  { services, principal, requestId: correlationId }: CommandCall,
  command: Extract<Command, { readonly name: 'stop' | 'resume' }>,
): Promise<ChatAnswer> {
  const caller = { principal, correlationId };
  const view =
    command.name === 'stop'
      ? await stopKills(services, { ...caller, reason: command.reason })
      : await resumeKills(services, { ...caller, reason: command.reason });
  if (!view.stopped) return anAnswer('Kills are possible again', { audience: 'all' });
  return anAnswer('Every kill is stopped', { lines: [`Stopped${byWhom(view)}: ${view.reason}`], audience: 'all' });
}

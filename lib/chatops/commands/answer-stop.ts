import { byWhom, resumeKills, stopKills } from '../../stop-kills.ts';
import { anAnswer, type ChatAnswer } from '../answer.ts';
import type { Command } from '../command.ts';
import type { CommandCall } from './command-call.ts';

/** Stops every kill, or ends that, and tells everybody in the channel. */
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

import { AppError } from '../../errors.ts';
import { inCall } from '../../telemetry/call.ts';
import { logFailure } from '../../telemetry/log.ts';
import { CHANNELS } from '../channels/channel-names.ts';
import { anAnswer, type ChatAnswer, failureAnswer, unforeseen } from '../messages/answer.ts';
import { answerAlert } from './answer-alert.ts';
import { answerBlockers } from './answer-blockers.ts';
import { answerAudit, answerHealth, answerHelp, answerStop, answerTargets } from './answer-reads.ts';
import { answerSession, answerSessions } from './answer-sessions.ts';
import { answerTop } from './answer-top.ts';
import { parseCommand } from './command.ts';
import type { CommandCall, CommandServices } from './ports.ts';
import { pressButton } from './press-button.ts';
import { proposeEnd, proposeReap } from './propose-end.ts';
import { proposeKill } from './propose-kill.ts';
import type { RunEvent } from './run-event.ts';

/**
 * Runs a command from a chat, as the principal that the platform's IDs stand for, and answers for every
 * channel alike. A failure with a code is an answer too.
 */
export async function runCommand(services: CommandServices, event: RunEvent): Promise<ChatAnswer> {
  const { principal, requestId, channel, what } = event;
  const { mayEnd } = CHANNELS[principal.source];
  const call: CommandCall = { services, principal, requestId, mayEnd };
  return inCall({ correlationId: requestId, name: 'command' }, async () => {
    try {
      if (what.do === 'click') return await pressButton(call, what);
      if (what.do === 'alert') return await answerAlert(call, what);
      return await answerLine(call, what.line, CHANNELS[channel].asks === 'machine');
    } catch (error) {
      // Told and logged by name here: Lambda would log a driver's message, which quotes SQL.
      await logFailure(error, requestId);
      return error instanceof AppError ? failureAnswer(error) : unforeseen(requestId);
    }
  });
}

async function answerLine(call: CommandCall, line: string, isMachine: boolean): Promise<ChatAnswer> {
  const command = parseCommand(line);
  if ('problem' in command) return anAnswer(command.problem, { lines: [`Try: ${command.example}`] });
  switch (command.name) {
    case 'help':
      return answerHelp(call);
    case 'targets':
      return answerTargets(call);
    case 'sessions':
      return answerSessions(call, command.target, command.filters);
    case 'top':
      return answerTop(call, command);
    case 'show':
      return answerSession(call, command.target, command.id);
    case 'audit':
      return answerAudit(call, command.target);
    case 'health':
      return answerHealth(call, command.target);
    case 'blockers':
      return answerBlockers(call, command.target);
    case 'stop':
    case 'resume':
      return call.mayEnd ? answerStop(call, command) : onlyShows();
    case 'end':
      return call.mayEnd ? proposeEnd(call, command, isMachine) : onlyShows();
    case 'reap':
      return call.mayEnd ? proposeReap(call, command, isMachine) : onlyShows();
    default:
      return call.mayEnd ? proposeKill(call, command, isMachine) : onlyShows();
  }
}

const onlyShows = (): ChatAnswer =>
  anAnswer('Nothing can be ended from here', {
    lines: [
      'This platform does not sign its messages, so it can only list and show. Use another chat or the HTTP API.',
    ],
  });

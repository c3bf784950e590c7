import * as z from 'zod/mini';
import { AppError } from '../../errors.ts';
import { CORRELATION_ID, inCall } from '../../telemetry/call.ts';
import { logFailure } from '../../telemetry/log.ts';
import { CHANNEL_NAMES, CHANNELS, isAskingChannel } from '../channels/channel-names.ts';
import {
  anAnswer,
  type ChatAnswer,
  CLICKS,
  failureAnswer,
  MAX_COMMAND,
  MAX_REASON,
  unforeseen,
} from '../messages/answer.ts';
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

const text = (max: number) => z.string().check(z.minLength(1), z.maxLength(max));

/** A principal as the function outside hands it in; IAM says who may. Only chats and machines: a JWT is not accepted here. */
const principalSchema = z.strictObject({
  source: z.enum(CHANNEL_NAMES.filter(isAskingChannel)),
  subject: text(256),
  groups: z.array(text(256)).check(z.maxLength(100)),
  claims: z.record(z.string(), z.string().check(z.maxLength(1024))),
  chat: z.strictObject({ identities: z.array(text(300)).check(z.minLength(1), z.maxLength(2)), isMapped: z.boolean() }),
});

const runEventSchema = z.strictObject({
  principal: principalSchema,
  /** Links message, log, record and SQL comment. */
  requestId: z.string().check(z.regex(CORRELATION_ID)),
  channel: z.enum(CHANNEL_NAMES),
  what: z.discriminatedUnion('do', [
    z.strictObject({ do: z.literal('command'), line: z.string().check(z.maxLength(MAX_COMMAND)) }),
    z.strictObject({
      do: z.literal('click'),
      click: z.enum(CLICKS),
      request: z.string().check(z.regex(/^[\w-]{22}$/)),
      reason: z.optional(text(MAX_REASON)),
    }),
    z.strictObject({ do: z.literal('alert'), target: text(256), title: text(1024) }),
  ]),
});

/** What `run-command` is invoked with. */
export type RunEvent = z.infer<typeof runEventSchema>;

/** Reads it strictly. @throws AppError `request-invalid` for anything else. */
export function parseRunEvent(value: unknown): RunEvent {
  const { data, error } = z.safeParse(runEventSchema, value);
  if (error === undefined) return data;
  const field = error.issues[0]?.path.map(String).join('.') || 'event';
  throw new AppError('request-invalid', {
    detail: `${field.slice(0, 80)}: is missing or not of its form.`,
    cause: error,
  });
}

import * as z from 'zod/mini';
import type { ReapReport, ReapVictim, SparedView } from '../reaper/report.ts';
import type { WarnedVictim } from '../reaper/warn/warn-victims.ts';
import type { BlockerNode } from '../sessions/blockers.ts';
import { OUTCOMES } from '../sessions/outcome.ts';
import {
  type AnswerSchema,
  codeSchema,
  holderFields,
  idSchema,
  secondsOrNull,
  sessionSchema,
  text,
  textOrNull,
  undecidableSchema,
  type Wire,
} from './answers.ts';

const chosen = {
  id: idSchema,
  tag: z.string(),
  user: textOrNull('Database user.'),
  host: textOrNull('Address of the client.'),
  db: textOrNull('Default database.'),
  command: z.string(),
  time: secondsOrNull('Seconds in the command.'),
  reasons: z.array(text('A condition that hit, with its value.', 'idle: 12m, wanted 10m or more')),
};

const victimSchema = z
  .strictObject({
    ...chosen,
    outcome: z.nullable(z.enum(OUTCOMES)).check(z.meta({ description: 'null in a dry run.' })),
    proven: z.boolean(),
    auditId: textOrNull('The audit record; null where nothing was attempted.'),
    code: z.nullable(codeSchema),
  })
  .check(z.meta({ id: 'ReapVictim' })) satisfies AnswerSchema<ReapVictim>;

const sparedSchema = z
  .strictObject({
    id: idSchema,
    user: textOrNull('Database user.'),
    reason: text('The one thing that saved it.', 'idle: 4m, wanted 10m or more'),
  })
  .check(z.meta({ id: 'Spared' })) satisfies AnswerSchema<SparedView>;

const warnedSchema = z
  .strictObject({
    ...chosen,
    stage: z
      .enum(['would-warn', 'warned', 'waiting', 'kept', 'unsure'])
      .check(z.meta({ description: 'Of the warning; would-warn in a dry run.' })),
    until: textOrNull(
      'When it may be ended, or is warned of anew, ISO 8601 in UTC; null while the message is not posted.',
    ),
    keptBy: textOrNull('Who keeps it.'),
  })
  .check(z.meta({ id: 'WarnedVictim' })) satisfies AnswerSchema<WarnedVictim>;

/** {@link ReapReport} */
export const reapSchema = z
  .strictObject({
    target: text('Name of the target.', 'local'),
    reaper: text('Name of the reaper.', 'idle-app'),
    dryRun: z.boolean(),
    kill: z.enum(['connection', 'query']),
    sessions: z.number().check(z.meta({ description: 'All that the server listed, our own not counted.' })),
    victims: z.array(victimSchema),
    spared: z.array(sparedSchema),
    warned: z.array(warnedSchema).check(z.meta({ description: 'Chosen, and warned of first, or kept by somebody.' })),
    undecidable: z
      .array(undecidableSchema)
      .check(
        z.meta({ description: 'What the rule asks for and the target never shows: nobody is ended who hangs on it.' }),
      ),
    held: textOrNull('The limit that held the whole run back.'),
  })
  .check(z.meta({ id: 'Reap' })) satisfies AnswerSchema<ReapReport>;

/** {@link BlockerNode} */
export const blockerSchema: z.ZodMiniType<Wire<BlockerNode>> = z.strictObject({
  id: z.nullable(idSchema).check(z.meta({ description: 'null where reason says why.' })),
  session: z.nullable(sessionSchema),
  waitedFor: secondsOrNull('Seconds that it has waited for the one above it.'),
  lock: textOrNull('What it waits for; null for a root.'),
  holdsUp: z.number().check(z.meta({ description: 'How many sessions it holds up, those behind others included.' })),
  longestWait: secondsOrNull('The longest that one of them has waited, in seconds.'),
  likely: z.boolean().check(z.meta({ description: 'It may hold up those below it, and may not.' })),
  ...holderFields,
  get waiters() {
    return z.array(blockerSchema);
  },
});
// By `check`, which copies the schema, it would be asked for before it is there.
z.globalRegistry.add(blockerSchema, { id: 'Blocker' });

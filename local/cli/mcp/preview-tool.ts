import { z } from 'zod';
import * as mini from 'zod/mini';
import type { Reap, AskedRule as Rule } from '../../../client/api.d.ts';
import { given as said } from '../api/api.ts';
import { Problem } from '../help.ts';
import { type Asking, asked, described, given, orFailed, targetOf } from './asking.ts';
import { idField, targetField } from './look-tools.ts';

const condition = (what: string) => z.string().min(1).max(1_024).optional().describe(what);
const time = (what: string) => condition(`${what}, such as 90s, 5m or 2h.`);

/** Whom a rule means. Its fields are those of `match` in warden.yaml, whose parser reads them on the server. */
export const ruleFields = {
  conditions: z
    .strictObject({
      user: condition('Database user: a glob, or a regular expression between slashes.'),
      host: condition('Address or network of the client.'),
      db: condition('Database.'),
      command: condition('Command.'),
      state: condition('State.'),
      tenant: condition('OceanBase: tenant.'),
      info: condition('What the statement is like.'),
      idle: time('Asleep for at least this long'),
      busy: time('Running a statement for at least this long'),
      time: time('In the command for at least this long'),
      inTransaction: z.boolean().optional().describe('With, or without, an open transaction.'),
      transactionFor: time('In a transaction for at least this long'),
      blocking: z.boolean().optional().describe('Holds, or does not hold, a lock for which another waits.'),
    })
    .optional()
    .describe('All of them must hold. What is not known never holds.'),
  victims: z.enum(['all', 'oldest', 'all-but-oldest']).optional().describe('Of those that match.'),
  groupBy: z.enum(['user', 'host', 'db', 'command', 'state', 'fingerprint']).optional().describe('Victims of each.'),
  limit: z.int().min(1).max(10_000).optional().describe('So many at most, the oldest first.'),
};

/** What of a tool's call says whom a rule means. */
export interface AskedRule {
  readonly conditions?: { readonly [Name in keyof Rule['match']]?: Rule['match'][Name] | undefined } | undefined;
  readonly victims?: Rule['victims'] | undefined;
  readonly groupBy?: Rule['groupBy'] | undefined;
  readonly limit?: number | undefined;
}

/** What is ended: sessions, or only what they run. */
export type Kind = 'connection' | 'query';

/** The rule as the API reads it; the digest is bound to each of its fields. */
export const ruleOf = ({ conditions, victims, groupBy, limit }: AskedRule, kill: Kind) => ({
  rule: { kill, match: said({ ...conditions }), ...(victims && { victims }), ...(groupBy && { groupBy }) },
  ...(limit !== undefined && { limit }),
});

const text = mini.nullable(mini.string());
const previewed = mini.object({
  target: mini.string(),
  kind: mini.enum(['session', 'statement']),
  sessions: mini.array(
    mini.object({
      id: mini.string(),
      /** Of the statement, where that is to be cancelled; `null` where it runs none. */
      tag: text,
      user: text,
      host: text,
      db: text,
      command: mini.string(),
      time: mini.nullable(mini.number()),
      statement: text,
      why: mini.array(mini.string()),
      protected: mini.boolean(),
    }),
  ),
  gone: mini.array(mini.string()),
  digest: text,
  approval: mini.enum(['needed', 'not-needed', 'not-known']),
  held: text,
  undecidable: mini.array(mini.object({ field: mini.string(), why: mini.string() })),
});
type Previewed = mini.infer<typeof previewed>;

/** Sessions by their IDs, as they are now. */
async function lookAt(
  asking: Asking,
  ctx: Parameters<typeof asked>[1],
  target: string,
  ids: readonly string[],
  kind: Kind,
) {
  const sessions: Previewed['sessions'] = [];
  const gone: string[] = [];
  for (const id of new Set(ids)) {
    try {
      const params = { path: { target, id } };
      const session = await asked(asking, ctx, (api) => api.GET('/targets/{target}/sessions/{id}', { params }));
      const { user, host, db, command, time, statement, protected: isProtected } = session;
      sessions.push({
        ...{ id, user, host, db, command, time, why: [], protected: isProtected },
        tag: kind === 'connection' ? session.tag : (statement?.tag ?? null),
        statement: statement?.text ?? null,
      });
    } catch (error) {
      if (!(error instanceof Problem && error.code === 'session-not-found')) throw error;
      gone.push(id);
    }
  }
  return { sessions, gone, digest: null, approval: 'not-known', held: null, undecidable: [] } as const;
}

/** Those that a dry run of the rule chooses, also those whose end a person must approve. */
function chosenBy({ kill, victims, approval, held, digest, undecidable }: Reap) {
  const sessions = [...victims, ...(approval?.victims ?? [])].map(
    ({ id, tag, user, host, db, command, time, reasons }) => ({
      ...{ id, user, host, db, command, time, why: reasons, statement: null, protected: false },
      // The report names sessions; the digest stands for their statements.
      tag: kill === 'connection' ? tag : null,
    }),
  );
  return {
    ...{ sessions, gone: [], undecidable },
    digest: sessions.length === 0 ? null : (approval?.digest ?? digest ?? null),
    approval: approval ? 'needed' : 'not-needed',
    held: approval?.held ?? held,
  } as const;
}

/** The tool that shows who would be ended, and gives what ends them. */
export function addPreviewTool(asking: Asking): void {
  asking.server.registerTool(
    'preview_end',
    {
      title: 'See who would be ended',
      description:
        'Ends nothing. Shows whom end_session or cancel_statement would end, and gives what these tools need: for ids a tag each, which names exactly this session or statement; for conditions a digest, which names all that are shown here. Nothing else is ever ended, and nothing that has changed since. Show the list to your user before you end anything. `held` is the limit past which nothing would be ended.',
      inputSchema: z.strictObject({
        target: targetField,
        kind: z
          .enum(['session', 'statement'])
          .default('session')
          .describe('The whole session, or only what it runs now.'),
        ids: z.array(idField).min(1).max(50).optional().describe('These sessions. Write either ids or conditions.'),
        ...ruleFields,
      }),
      outputSchema: described(previewed),
      annotations: { readOnlyHint: true, destructiveHint: false, idempotentHint: true, openWorldHint: false },
    },
    ({ target: named, kind, ids, ...asks }, ctx) =>
      orFailed(async () => {
        const target = await targetOf(asking, ctx, named);
        const kill = kind === 'session' ? 'connection' : 'query';
        if (ids !== undefined) return given({ target, kind, ...(await lookAt(asking, ctx, target, ids, kill)) });
        const body = { ...ruleOf(asks, kill), dryRun: true } as const;
        const params = { path: { target } };
        const report = await asked(asking, ctx, (api) => api.POST('/targets/{target}/reaps', { params, body }));
        return given({ target, kind, ...chosenBy(report) });
      }),
  );
}

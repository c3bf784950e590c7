import { z } from 'zod';
import { AppError } from '../errors.ts';
import { ESCALATES_QUERIES, escalatesQueries, type Reaper, ruleFields } from './policy-schema.ts';

/** A person sees each victim before any is ended, so more of them may go at once than by a schedule. */
const MOST = 10_000;
const { limits } = ruleFields;

/** A rule as a caller sends it: the fields of a reaper that say which sessions are ended and how. It is never stored. */
export const askedRuleSchema = z
  .strictObject({
    ...ruleFields,
    kill: ruleFields.kill.default('connection'),
    victims: ruleFields.victims.default('all'),
    limits: z
      .strictObject({
        ...limits,
        perRun: limits.perRun.max(MOST, { error: `write at most ${MOST}` }).default(1_000),
      })
      .readonly()
      .prefault({}),
  })
  .refine(escalatesQueries, ESCALATES_QUERIES)
  .meta({
    id: 'AskedRule',
    description: 'The fields of a reaper in warden.yaml that say which sessions are ended, and how.',
  });

const NO_SCHEDULE = { name: 'request', every: 300, targets: ['*'], when: {}, confirm: 0, replication: false } as const;

const pathOf = (path: readonly PropertyKey[]): string =>
  path
    .map((step) => (typeof step === 'number' ? `[${step}]` : `.${String(step)}`))
    .join('')
    .replace(/[^\w.[\]-]/g, '?')
    .slice(0, 80);

/**
 * Reads a rule that came with a call.
 *
 * @throws AppError `request-invalid` for the first field that is not as it must be; it quotes no value
 */
export function parseRule(value: unknown): Reaper {
  const { data, error } = askedRuleSchema.safeParse(value);
  if (data !== undefined) return { ...NO_SCHEDULE, ...data, mode: 'enforce' };
  const [issue] = error.issues;
  const path = [...(issue?.path ?? []), ...(issue?.code === 'unrecognized_keys' ? issue.keys.slice(0, 1) : [])];
  const why = issue?.code === 'unrecognized_keys' ? 'is not known here' : (issue?.message ?? 'cannot be read');
  throw new AppError('request-invalid', { detail: `rule${pathOf(path)}: ${why}.` });
}

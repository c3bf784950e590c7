import type { Reaper } from './policy-schema.ts';

/** True once the last day of a rule is over, in UTC. */
export const isExpired = ({ until }: Pick<Reaper, 'until'>, now: Date): boolean =>
  until !== undefined && now.toISOString().slice(0, 10) > until;

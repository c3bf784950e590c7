/** What is mutated, by area: the code on which it hangs whether the right session ends, and who may end it. */
export const AREAS = {
  privileges: ['lib/privileges/*.ts'],
  masking: ['lib/sessions/masking/*.ts'],
  verification: [
    'lib/chatops/receiver/signed-request.ts',
    'lib/chatops/channels/*/receive.ts',
    'lib/chatops/channels/webhook/channel.ts',
    'lib/chatops/channels/alert/channel.ts',
    'lib/chatops/receiver/receive.ts',
  ],
  reaper: [
    'lib/reaper/choose.ts',
    'lib/reaper/facts.ts',
    'lib/reaper/limits.ts',
    'lib/reaper/match.ts',
    'lib/reaper/pattern.ts',
    'lib/reaper/units.ts',
    'lib/reaper/when.ts',
  ],
  sessions: ['lib/sessions/*.ts', 'lib/sessions/kill/*.ts'],
} as const satisfies Readonly<Record<string, readonly string[]>>;

export type Area = keyof typeof AREAS;

/** The least share of mutants, in percent, that the unit tests must notice in each area. */
export const LEAST = 95;

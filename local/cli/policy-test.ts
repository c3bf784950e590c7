import type { WardenConfig } from '../../lib/config.ts';
import { type Choice, choose } from '../../lib/reaper/choose.ts';
import { compileRule } from '../../lib/reaper/rule.ts';
import { type Undecidable, undecidableInWords } from '../../lib/reaper/undecidable.ts';
import type { Session } from '../../lib/sessions/session.ts';
import { visible } from '../../lib/visible.ts';

/** What each rule of a policy makes of a recorded list. */
export type PolicyChoices = readonly { readonly reaper: string; readonly choice: Choice }[];

/** The same as plain data; victims in the order of killing. */
export interface PolicyResult {
  readonly victims: readonly { readonly id: string; readonly reaper: string; readonly reasons: readonly string[] }[];
  readonly spared: readonly { readonly id: string; readonly reaper: string; readonly reason: string }[];
  /** What a rule asks for and the list does not show: whatever hangs on it is decided for nobody. */
  readonly undecidable: readonly (Undecidable & { readonly reaper: string })[];
}

/** Runs every rule on a recorded list, in the order of the file. Locks and the server's limits are not on such a list, so they are unknown. */
export function testPolicy(
  { reapers, protected: protection }: WardenConfig,
  sessions: readonly Session[],
): PolicyChoices {
  const snapshot = { sessions, waits: null, maxConnections: null, ownId: null };
  return reapers.map((reaper) => ({
    reaper: reaper.name,
    choice: choose(compileRule(reaper), snapshot, protection.users),
  }));
}

/** Choices as plain data, with every reason. */
export const policyResult = (choices: PolicyChoices): PolicyResult => ({
  victims: choices.flatMap(({ reaper, choice }) =>
    choice.victims.map(({ session, reasons }) => ({ id: session.id, reaper, reasons })),
  ),
  spared: choices.flatMap(({ reaper, choice }) =>
    choice.spared.map(({ session, reason }) => ({ id: session.id, reaper, reason })),
  ),
  undecidable: choices.flatMap(({ reaper, choice }) => choice.undecidable.map((one) => ({ reaper, ...one }))),
});

const sum = (numbers: readonly number[]): number => numbers.reduce((all, one) => all + one, 0);

/** Choices for a person: a line for each victim. */
export const policyResultText = (choices: PolicyChoices): string =>
  [
    ...choices.flatMap(({ reaper, choice }) =>
      choice.victims.map(({ session, reasons }) => [session.id, reaper, reasons.join('; ')].map(visible).join('\t')),
    ),
    `${sum(choices.map(({ choice }) => choice.victims.length))} victims, ${sum(choices.map(({ choice }) => choice.spared.length))} spared by one condition`,
    ...choices.flatMap(({ reaper, choice }) =>
      choice.undecidable.map((one) => `${reaper}\t${undecidableInWords(one)}`),
    ),
  ].join('\n');

import type { WardenConfig } from '../../lib/config.ts';
import { choose } from '../../lib/reaper/choose.ts';
import { compileRule } from '../../lib/reaper/rule.ts';
import { type Undecidable, undecidableInWords } from '../../lib/reaper/undecidable.ts';
import type { Session } from '../../lib/sessions/session.ts';
import { visible } from '../../lib/visible.ts';

/** What the rules of a policy make of a recorded list; victims in the order of killing. */
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
): PolicyResult {
  const victims: PolicyResult['victims'][number][] = [];
  const spared: PolicyResult['spared'][number][] = [];
  const undecidable: PolicyResult['undecidable'][number][] = [];
  const snapshot = { sessions, waits: null, maxConnections: null, ownId: null };
  for (const reaper of reapers) {
    const choice = choose(compileRule(reaper), snapshot, protection.users);
    for (const { session, reasons } of choice.victims) victims.push({ id: session.id, reaper: reaper.name, reasons });
    for (const { session, reason } of choice.spared) spared.push({ id: session.id, reaper: reaper.name, reason });
    for (const one of choice.undecidable) undecidable.push({ reaper: reaper.name, ...one });
  }
  return { victims, spared, undecidable };
}

/** The result for a person: a line for each victim. */
export const policyResultText = ({ victims, spared, undecidable }: PolicyResult): string =>
  [
    ...victims.map(({ id, reaper, reasons }) => [id, reaper, reasons.join('; ')].map(visible).join('\t')),
    `${victims.length} victims, ${spared.length} spared by one condition`,
    ...undecidable.map((one) => `${one.reaper}\t${undecidableInWords(one)}`),
  ].join('\n');

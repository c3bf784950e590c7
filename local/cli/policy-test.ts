import type { WardenConfig } from '../../lib/config.ts';
import { choose } from '../../lib/reaper/choose.ts';
import { compileRule } from '../../lib/reaper/rule.ts';
import type { Session } from '../../lib/sessions/session.ts';

/** What the rules of a policy make of a recorded list; victims in the order of killing. */
export interface PolicyResult {
  readonly victims: readonly { readonly id: string; readonly reaper: string; readonly reasons: readonly string[] }[];
  readonly spared: readonly { readonly id: string; readonly reaper: string; readonly reason: string }[];
}

/** Runs every rule on a recorded list, in the order of the file. Locks and the server's limits are not on such a list, so they are unknown. */
export function testPolicy(
  { reapers, protected: protection }: WardenConfig,
  sessions: readonly Session[],
): PolicyResult {
  const victims: PolicyResult['victims'][number][] = [];
  const spared: PolicyResult['spared'][number][] = [];
  const snapshot = { sessions, waits: null, maxConnections: null, ownId: null };
  for (const reaper of reapers) {
    const choice = choose(compileRule(reaper), snapshot, protection.users);
    for (const { session, reasons } of choice.victims) victims.push({ id: session.id, reaper: reaper.name, reasons });
    for (const { session, reason } of choice.spared) spared.push({ id: session.id, reaper: reaper.name, reason });
  }
  return { victims, spared };
}

/** The result for a person: a line for each victim. */
export const policyResultText = ({ victims, spared }: PolicyResult): string =>
  [
    ...victims.map(({ id, reaper, reasons }) => `${id}\t${reaper}\t${reasons.join('; ')}`),
    `${victims.length} victims, ${spared.length} spared by one condition`,
  ].join('\n');

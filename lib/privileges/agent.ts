import type { WardenConfig } from '../config/config.ts';
import { withoutInvisibles } from '../sessions/masking/statement-tokens.ts';
import { anyGlobMatches } from './glob.ts';
import type { Principal } from './principal.ts';

/** The header in which a program says that it acts for the caller: `Agent: claude-code/2.1`. */
export const AGENT_HEADER = 'agent';

const MAX = 100;
const UNNAMED = 'unnamed';

type Agents = Pick<WardenConfig, 'agents'>;

/**
 * The principal with the program that acts for it, where there is one: by the header, no matter what it says, or by what
 * its credentials were issued to, where the configuration counts those as agents'. No rule that grants ever asks for it.
 *
 * @param header - of the request; `undefined` where it has none
 */
export function withAgent(
  principal: Principal,
  header: string | undefined,
  { agents }: Partial<Agents> = {},
): Principal {
  const said = header === undefined ? undefined : cleaned(header) || UNNAMED;
  const issued = agents === undefined ? undefined : issuedTo(principal, agents);
  const agent = said ?? issued;
  return agent === undefined ? principal : { ...principal, agent };
}

const cleaned = (text: string): string => withoutInvisibles(text.toWellFormed()).trim().slice(0, MAX).trim();

/** The client or role of the credentials, where it counts as an agent. */
function issuedTo({ source, claims, subject }: Principal, { clients, roles }: Agents['agents']): string | undefined {
  if (source === 'iam') return anyGlobMatches(roles, subject) ? cleaned(subject) : undefined;
  if (source !== 'jwt') return undefined;
  // An issuer may say both; each counts.
  const client = ['client_id', 'azp'].map((name) => claims[name]).find((one) => one && anyGlobMatches(clients, one));
  return client === undefined ? undefined : cleaned(client) || UNNAMED;
}

/** True where a person must approve what this principal ends, because an agent acts for it. */
export const needsPerson = ({ agents }: Agents, { agent }: Pick<Principal, 'agent'>): boolean =>
  agent !== undefined && agents.approval === 'required';

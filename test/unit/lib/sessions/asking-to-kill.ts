import type { Demand } from '../../../../lib/sessions/kill/judge.ts';
import type { Script } from '../../../support/scripted-database.ts';
import { scriptedServices } from '../../../support/scripted-services.ts';
import { aSession } from '../reaper/a-session.ts';

const CONFIG = `protected: { users: [kept] }
access:
  - { who: { sub: ann }, targets: ['*'], privileges: [PROCESS], users: [ann, kept] }
  - { who: { sub: new }, targets: ['*'], privileges: [PROCESS, SUPER], approval: { by: { sub: ann }, within: 10m } }
  - { who: { sub: dba }, targets: ['*'], privileges: from-database, users: [dba] }
`;
/** A session that Ann may end. */
export const mine = (id: string, over = {}) => aSession({ id, user: 'ann', ...over });
export const end = (id: string, over: Partial<Demand> = {}): Demand => ({
  id: aSession({ id }).id,
  kind: 'connection',
  tag: null,
  ...over,
});

/** A call of Ann, or of one whose kills need her approval. */
export function asked(script: Script, sub = 'ann') {
  const { services, audit, sent, database } = scriptedServices(CONFIG, script);
  const principal = { source: 'jwt', subject: sub, groups: [], claims: { sub } } as const;
  return { services, audit, sent, database, context: { principal, target: 'local', reason: null, correlationId: 'c' } };
}

import type { Session } from '../sessions/session.ts';
import type { Access } from './access-rules.ts';

// The rule (OceanBase documentation of KILL): "With PROCESS you view all sessions. With SUPER you terminate all sessions
// and statements. Otherwise you view and terminate only your own." seekdb enforces none of it, so it is enforced here.

type Owned = Pick<Session, 'user'> & Partial<Pick<Session, 'foreignTenant'>>;

/**
 * True where the session's database user counts as the principal's own, byte for byte. A session without user, and one of
 * the anonymous user, belongs to no one. A user of another tenant than our account's is another user: a rule names it `user@tenant`.
 */
export function isOwn({ users }: Access, { user, foreignTenant }: Owned): boolean {
  if (user === null || user === '') return false;
  return users.includes(foreignTenant === undefined ? user : `${user}@${foreignTenant}`);
}

/** True where the principal may know that the session exists: with PROCESS every one, otherwise its own. */
export const mayView = (access: Access, session: Owned): boolean => access.process || isOwn(access, session);

/**
 * True where the principal may end the session or its statement: with SUPER every one, otherwise its own. SUPER alone
 * does not let it view others' sessions, and whether a session is protected is asked apart (`protectedReason`).
 */
export const mayEnd = (access: Access, session: Owned): boolean => access.super || isOwn(access, session);

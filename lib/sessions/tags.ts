import { createHash } from 'node:crypto';
import type { IdentityStrength } from './kill/outcome.ts';
import type { KillKind, Session, Statement } from './session.ts';

/**
 * Whether a tag names what a session is now; `invalid` where it is no tag of the kind that is asked for. `unknown` where
 * the statement is told apart in another way than when the tag was given: by the engine's own identity, its beginning, or neither.
 */
export type TagVerdict = 'match' | 'mismatch' | 'unknown' | 'invalid';

// 22 characters of base64url hold 128 bits: enough that no one finds another session with the same tag.
const HASH = '[A-Za-z0-9_-]{22}';
/** The form of a tag that ends a session or a statement, as the source of a regular expression, for the API's document. */
export const TAG_FORM: Readonly<Record<KillKind, string>> = {
  connection: HASH,
  query: `(${HASH})\\.(${HASH})(?:\\.(\\d{1,12}))?`,
};
const SESSION_TAG = new RegExp(`^${TAG_FORM.connection}$`);
const STATEMENT_TAG = new RegExp(`^${TAG_FORM.query}$`);

const hash = (...parts: readonly (string | null)[]): string =>
  createHash('sha256').update(JSON.stringify(parts)).digest('base64url').slice(0, 22);

/**
 * Opaque text that names this session and no other: of server, ID, user and client address with port. It goes with
 * the session for as long as it lives.
 */
export const sessionTag = (session: Session): string =>
  hash('session', session.server, session.id, session.user, session.host);

const statementHash = (statement: Statement): string => hash('statement', statement.id, statement.digest);

/**
 * Opaque text that names this execution of a statement: the session's tag, then a hash of the engine's own identity
 * of it. Where the account may not read that, of its text, followed by the second when it began.
 */
export function statementTag(session: Session, statement: Statement): string {
  const tag = `${sessionTag(session)}.${statementHash(statement)}`;
  return statement.id === null && statement.startedAt !== null ? `${tag}.${statement.startedAt}` : tag;
}

/** Servers round the age of a statement to seconds, each read in its own way. */
const ROUNDING_SECONDS = 1;

function sameBeginning(statement: Statement, began: string | undefined): boolean {
  if (statement.id !== null) return began === undefined;
  if (began === undefined) return statement.startedAt === null;
  return Math.abs((statement.startedAt ?? Number.NaN) - Number(began)) <= ROUNDING_SECONDS;
}

/** Compares what a caller sent with what a session is now. A statement tag of a session that runs nothing is a match of the session alone. */
export function matchTag(session: Session, kind: KillKind, tag: string): TagVerdict {
  if (kind === 'connection') {
    if (!SESSION_TAG.test(tag)) return 'invalid';
    return tag === sessionTag(session) ? 'match' : 'mismatch';
  }
  const parts = STATEMENT_TAG.exec(tag);
  if (parts === null) return 'invalid';
  const [, ofSession, ofStatement, began] = parts;
  if (ofSession !== sessionTag(session)) return 'mismatch';
  const { statement } = session;
  if (statement === null) return 'match';
  if (ofStatement === statementHash(statement) && sameBeginning(statement, began)) return 'match';
  // Told apart by its text, a tag has that text's hash, and bears the statement's beginning where that was shown.
  const isOfText = ofStatement === statementHash({ ...statement, id: null });
  if (statement.id === null && began === undefined) return 'unknown';
  return isOfText && (statement.id !== null || statement.startedAt === null) ? 'unknown' : 'mismatch';
}

/** True when both are looks at one session. */
export const sameSession = (a: Session, b: Session): boolean =>
  a.server === b.server && a.id === b.id && a.user === b.user && a.host === b.host;

/**
 * True when both may be looks at one execution of one statement. That one look has the engine's own identity and the other
 * has only text and age, or no age, proves nothing: a server can stop showing them, or start to, within one connection.
 */
export function mayBeSameStatement(a: Session, b: Session): boolean {
  if (!sameSession(a, b) || a.statement === null || b.statement === null) return false;
  if (a.statement.digest !== b.statement.digest) return false;
  if (a.statement.id !== null || b.statement.id !== null)
    return a.statement.id === null || b.statement.id === null || a.statement.id === b.statement.id;
  if (a.statement.startedAt === null || b.statement.startedAt === null) return true;
  return sameBeginning(b.statement, a.statement.startedAt.toString());
}

/** How certainly the compare tells this session, or its statement, from every other. */
export function identityStrength(session: Session, kind: KillKind): IdentityStrength {
  // A client address without a port (some proxies, a local socket) is shared by all sessions of that client.
  // Behind OBProxy the proxy's own number of the client is part of `server`.
  const isTold = /:\d+$/.test(String(session.host)) || session.proxySessionId !== null;
  const sessionIsExact = session.server !== '' && session.user !== null && isTold;
  const exact = kind === 'connection' ? sessionIsExact : (session.statement?.id ?? null) !== null;
  return exact ? 'exact' : 'approximate';
}

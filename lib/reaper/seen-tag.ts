import type { Session } from '../sessions/session.ts';
import { sessionTag, statementTag } from '../sessions/tags.ts';

/** What a session is called between two looks: itself, and the statement that it runs. */
export const seenTag = (session: Session): string =>
  session.statement === null ? sessionTag(session) : statementTag(session, session.statement);

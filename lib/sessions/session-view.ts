import type { Database } from '../database/database.ts';
import { type Access, isOwn, resolveAccess } from '../privileges/access-rules.ts';
import type { Principal } from '../privileges/principal.ts';
import { protectedReason } from '../privileges/protected-sessions.ts';
import type { Services } from '../services.ts';
import { safeMask } from './masking/mask-statement.ts';
import {
  HIDDEN_COLUMNS,
  perColumn,
  type Session,
  SHOWN_COLUMNS,
  type ShownColumns,
  type Statement,
  type UnknownField,
} from './session.ts';
import { sessionTag, statementTag } from './tags.ts';

/** One session as a caller sees it. IDs and tags are text, times are seconds; `null` is none, unless `unknown` names the field. */
export interface SessionView extends ShownColumns {
  readonly id: string;
  readonly user: string | null;
  readonly host: string | null;
  readonly db: string | null;
  readonly command: string;
  readonly time: number | null;
  readonly state: string | null;
  /** The session tag: send it in `If-Match` to end this session and no other. */
  readonly tag: string;
  readonly statement: StatementView | null;
  readonly transaction: { readonly id: string | null; readonly state: string; readonly time: number | null } | null;
  /** True where no one may end it here: replication, system, configured users, our own connection. */
  readonly protected: boolean;
  /** True for connections of this product's own calls, the one that read this among them. */
  readonly warden: boolean;
  /** True where its database user counts as the caller's own. */
  readonly own: boolean;
  /** Fields of this view that the server does not show, each with the reason. Of any other, `null` means that there is none. */
  readonly unknown: readonly UnknownField[];
}

/** A running statement as a caller sees it. */
export interface StatementView {
  /** Literals are replaced by `?` and the end is cut off, unless asked for in full by one who may. `null` where the server shows none. */
  readonly text: string | null;
  readonly masked: boolean;
  /** The statement tag: send it in `If-Match` to cancel this statement and no other. */
  readonly tag: string;
}

/** For whom a view is made, and how much of it. */
export interface Viewer {
  readonly access: Access;
  readonly protectedUsers: readonly string[];
  /** Whole statements; with their literals only if the access allows it. */
  readonly full: boolean;
}

/** Characters of a statement that a list shows; a thousand of them stay far below the six megabytes of a Lambda's answer. */
const SHORT = 1_024;

/** At most so many characters; three dots stand for what is left out, here or before. */
function shortened(text: string, most: number, isCut: boolean): string {
  if (text.length > most) return `${text.slice(0, most - 1)}…`;
  return isCut && !/(?:…|\.\.\.)$/.test(text) ? `${text}…` : text;
}

/** True where statements are shown with their literals: by one who may read them, and asks for it. */
export const showsLiterals = ({ access, full }: Pick<Viewer, 'access' | 'full'>): boolean =>
  full && access.fullStatements;

function toStatementView(session: Session, statement: Statement, viewer: Viewer): StatementView {
  const { full } = viewer;
  const masked = !showsLiterals(viewer);
  const text = masked && statement.text !== null ? safeMask(statement.text) : statement.text;
  return {
    text: text === null ? null : shortened(text, full ? text.length : SHORT, statement.textIsCut === true),
    masked,
    tag: statementTag(session, statement),
  };
}

/** True for connections of this product's own calls, the one that reads among them. */
export const isOurs = ({ id, isWarden }: Session, { server }: Pick<Database, 'server'>): boolean =>
  id === server.ownId || isWarden === true;

/** Shows a session to one who may view it. */
export function toView(session: Session, viewer: Viewer, database: Pick<Database, 'server'>): SessionView {
  const { ownId, engine } = database.server;
  return {
    id: session.id,
    user: session.user,
    host: session.host,
    db: session.db,
    command: session.command,
    time: session.time,
    state: session.state,
    tag: sessionTag(session),
    statement: session.statement === null ? null : toStatementView(session, session.statement, viewer),
    transaction: session.transaction,
    protected: protectedReason(session, { ownId, engine, protectedUsers: viewer.protectedUsers }) !== null,
    warden: isOurs(session, database),
    own: isOwn(viewer.access, session),
    ...(perColumn(SHOWN_COLUMNS, (name) => session[name]) as ShownColumns),
    unknown: session.unknown.filter(({ field }) => !HIDDEN_COLUMNS.includes(field)),
  };
}

/** Works out what a principal may see on a target, asking the database for privileges where a rule says so. */
export async function viewerOf(
  { config }: Pick<Services, 'config'>,
  principal: Principal,
  target: string,
  database: Pick<Database, 'privilegesOf'>,
  full = false,
): Promise<Viewer> {
  const access = await resolveAccess(config.access, principal, target, (users) => database.privilegesOf(users));
  return { access, protectedUsers: config.protected.users, full };
}

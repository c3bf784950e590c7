import type { SessionDetail as Detail } from '../../../client/api.d.ts';
import { age, type Line, NOT_KNOWN, type Piece, textOf } from '../../../lib/pictures/lines.ts';
import { cut } from '../../../lib/pictures/table.ts';
import { given } from '../api/api.ts';
import { orNotSaid } from '../api/read-answer.ts';
import { type Call, type CommonOptions, type ExitCode, onTarget, show } from '../call.ts';
import { widthOf } from '../terminal.ts';

/** Options of `warden show`. */
export interface ShowOptions extends CommonOptions {
  readonly full?: boolean;
}

const LABEL = 14;

const field = (label: string, ...pieces: readonly Piece[]): Line => [
  { text: label.padEnd(LABEL), style: 'bold' },
  ...pieces,
];

/** A piece and what makes a sentence of it, unless there is nothing. */
const some = (value: string | null, label: string): readonly Line[] => (value === null ? [] : [field(label, value)]);

function locksOf({ locks }: Detail, why = 'our account may not read them'): readonly Line[] {
  if (locks === null) return [field('Locks', `not known: ${why}`)];
  const since = (seconds: number | null): Piece =>
    seconds === null ? ', for how long is not known' : ` for ${textOf(age(seconds))}`;
  const waits = locks.waitsFor.map(({ id, seconds, likely, lock, reason, xa }) =>
    field(
      'Waits for',
      { text: id ?? 'no known session', style: 'red' },
      since(seconds),
      `: ${lock}${likely ? ' (likely)' : ''}${reason === null ? '' : `. ${reason}`}${xa.map((xid) => ` XA ROLLBACK ${xid}`).join(' or')}`,
    ),
  );
  const blocks = locks.blocks.map(({ id, seconds, likely }) =>
    field('Blocks', id ?? 'a session that you may not view', since(seconds), likely ? ' (likely)' : ''),
  );
  return [...waits, ...blocks];
}

const pieces = (session: Detail, width: number, isFull: boolean): readonly Line[] => {
  const { transaction, statement } = session;
  const hidden = (name: string) => session.unknown.find((one) => one.field === name)?.why;
  const said = (read: () => Piece): Piece => orNotSaid(read, NOT_KNOWN);
  const value = (name: 'user' | 'host' | 'db' | 'state', none = '–'): string =>
    session[name] ?? (hidden(name) === undefined ? none : `not known: ${hidden(name)}`);
  const inTransaction = (): Piece => {
    if (hidden('transaction') !== undefined) return `not known: ${hidden('transaction')}`;
    if (transaction === null) return 'none';
    const { id, state, time } = transaction;
    return `${state}${time === null ? ', since when is not known' : ` for ${textOf(age(time))}`}${id === null ? '' : `, ${id}`}`;
  };
  const runs = (): string => {
    if (hidden('statement') !== undefined) return `not known: ${hidden('statement')}`;
    if (statement === null) return 'none';
    return statement.text ?? 'not shown by the server';
  };
  const text = said(runs);
  return [
    field('Id', session.id),
    field(
      'Tag',
      said(() => session.tag),
    ),
    field('User', value('user')),
    field('Host', value('host')),
    field('Database', value('db')),
    ...some(session.tenant, 'Tenant'),
    ...some(session.proxySessionId, 'At the proxy'),
    ...some(session.proxy, 'Proxy'),
    ...some(session.observers?.join(', ') ?? null, 'Observers'),
    field(
      'Command',
      said(() => session.command),
      ' for ',
      age(session.time),
    ),
    field('State', value('state')),
    field('Transaction', said(inTransaction)),
    ...locksOf(session, hidden('locks')),
    ...some(
      orNotSaid(() => (session.protected ? 'nobody can end it here' : null), NOT_KNOWN),
      'Protected',
    ),
    field('Statement', isFull ? text : cut(textOf(text), Math.max(20, width * 5))),
    ...some(
      orNotSaid(() => statement?.tag ?? null, NOT_KNOWN),
      'Statement tag',
    ),
  ];
};

/** `warden show ID`: one session, with its transaction, its locks and its whole tag. */
export const showSession = (call: Call<ShowOptions>, id: string): Promise<ExitCode> =>
  show(
    call,
    (api) =>
      api.GET('/targets/{target}/sessions/{id}', {
        params: { path: { ...onTarget(call), id }, query: given({ full: call.options.full }) },
      }),
    (session) => pieces(session, widthOf(call.world), call.options.full === true),
  );

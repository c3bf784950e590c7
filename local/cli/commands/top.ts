import type * as z from 'zod/mini';
import { type Group, groupsSchema } from '../api/answers.ts';
import { type Call, type CommonOptions, type ExitCode, onTarget, show } from '../call.ts';
import { UsageError } from '../help.ts';
import { widthOf } from '../terminal.ts';
import type { Line, Piece } from '../view/lines.ts';
import { age, counted } from '../view/session-table.ts';
import { type Column, table } from '../view/table.ts';
import { type Filters, numberOf, queryOf } from './filters.ts';

/** What sessions can be counted by. */
export const GROUPS = ['user', 'host', 'db', 'command', 'state', 'tenant', 'fingerprint'] as const;

/** Options of `warden top`. */
export interface TopOptions extends CommonOptions, Filters {
  readonly by: string;
  readonly limit: string;
}

const number = (count: number): Piece => (count === 0 ? '' : count.toLocaleString('en-US'));

const groupName = ({ value, known }: Group): Piece =>
  known ? (value ?? { text: '– none', style: 'dim' }) : { text: '? not known', style: 'dim' };

const inTransaction = ({ inTransaction: count, transactionUnknown }: Group): Piece =>
  transactionUnknown === 0 ? number(count) : { text: count === 0 ? '?' : `${count}+?`, style: 'dim' };

const columns = (by: string): readonly Column<Group>[] => [
  { title: 'Sessions', cell: ({ count }) => number(count), align: 'right' },
  { title: 'Idle', cell: ({ idle }) => number(idle), align: 'right' },
  { title: 'In trx', cell: inTransaction, align: 'right' },
  { title: 'Oldest', cell: ({ oldest }) => age(oldest), align: 'right' },
  { title: 'Example', cell: ({ example }) => ({ text: example.id, style: 'dim' }), sacrifice: 1 },
  { title: by === 'db' ? 'Db' : by.charAt(0).toUpperCase() + by.slice(1), cell: groupName, least: 12 },
];

/** `warden top`: how many sessions each user, address, database … has. */
export async function top(call: Call<TopOptions>): Promise<ExitCode> {
  const by = GROUPS.find((one) => one === call.options.by);
  if (by === undefined) throw new UsageError(`--by: write one of ${GROUPS.join(', ')}`);
  const limit = String(numberOf('--limit', call.options.limit, 1, 1_000));
  const query = { ...queryOf(call.options), groupBy: by, limit };
  const render = ({ groups, more, total, undecided }: z.infer<typeof groupsSchema>): readonly Line[] => [
    ...(groups.length === 0 ? [] : [...table(columns(by), groups, widthOf(call.world)), '']),
    `${counted(total, 'session')} in ${counted(groups.length + more, 'group')}${more === 0 ? '' : `, ${groups.length} shown`}`,
    ...(undecided === 0
      ? []
      : [`${counted(undecided, 'session')} left out: the server does not show what the filters ask for`]),
  ];
  return show(call, { method: 'GET', path: onTarget(call, 'sessions'), query }, groupsSchema, render);
}

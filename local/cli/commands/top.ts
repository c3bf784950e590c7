import type * as z from 'zod/mini';
import { countsTable } from '../../../lib/pictures/counts.ts';
import type { Line } from '../../../lib/pictures/lines.ts';
import { groupsSchema } from '../api/answers.ts';
import { type Call, type CommonOptions, type ExitCode, onTarget, show } from '../call.ts';
import { UsageError } from '../help.ts';
import { widthOf } from '../terminal.ts';
import { counted } from '../view/session-table.ts';
import { type Filters, numberOf, queryOf } from './filters.ts';

/** What sessions can be counted by. */
export const GROUPS = ['user', 'host', 'db', 'command', 'state', 'tenant', 'fingerprint'] as const;

/** Options of `warden top`. */
export interface TopOptions extends CommonOptions, Filters {
  readonly by: string;
  readonly limit: string;
}

/** `warden top`: how many sessions each user, address, database … has. */
export async function top(call: Call<TopOptions>): Promise<ExitCode> {
  const by = GROUPS.find((one) => one === call.options.by);
  if (by === undefined) throw new UsageError(`--by: write one of ${GROUPS.join(', ')}`);
  const limit = String(numberOf('--limit', call.options.limit, 1, 1_000));
  const query = { ...queryOf(call.options), groupBy: by, limit };
  const render = ({ groups, more, total, undecided }: z.infer<typeof groupsSchema>): readonly Line[] => [
    ...(groups.length === 0 ? [] : [...countsTable(by, groups, widthOf(call.world)), '']),
    `${counted(total, 'session')} in ${counted(groups.length + more, 'group')}${more === 0 ? '' : `, ${groups.length} shown`}`,
    ...(undecided === 0
      ? []
      : [`${counted(undecided, 'session')} left out: the server does not show what the filters ask for`]),
  ];
  return show(call, { method: 'GET', path: onTarget(call, 'sessions'), query }, groupsSchema, render);
}

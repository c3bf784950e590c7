import { countsTable } from '../../../lib/pictures/counts.ts';
import type { Line } from '../../../lib/pictures/lines.ts';
import { groupsIn } from '../api/api.ts';
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
  const limit = numberOf('--limit', call.options.limit, 1, 1_000);
  const query = { ...queryOf(call.options), groupBy: by, limit };
  const params = { path: onTarget(call), query };
  return show(
    call,
    (api) => api.GET('/targets/{target}/sessions', { params }),
    (answer): readonly Line[] => {
      const { groups, more, total, undecided } = groupsIn(answer);
      return [
        ...(groups.length === 0 ? [] : [...countsTable(by, groups, widthOf(call.world)), '']),
        `${counted(total, 'session')} in ${counted(groups.length + more, 'group')}${more === 0 ? '' : `, ${groups.length} shown`}`,
        ...(undecided === 0
          ? []
          : [`${counted(undecided, 'session')} left out: the server does not show what the filters ask for`]),
      ];
    },
  );
}

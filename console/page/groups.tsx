import { quoted } from './filter.ts';
import { ruleOf } from './rule-dialog.tsx';
import { filterText, GROUPINGS, type Group, type Grouping, grouping, groups, pick, shown } from './state.ts';
import { many, None, Text, Unknown } from './words.tsx';

const TITLES: Readonly<Record<Grouping, string>> = {
  user: 'User',
  host: 'Client',
  db: 'Database',
  command: 'Command',
  state: 'State',
  tenant: 'Tenant',
  fingerprint: 'Statement',
};
/** More would be a second table. */
const MOST = 200;

/** Narrows the table to a group, as if somebody had written it. */
function narrowTo({ value }: Group): void {
  const field = grouping.value === 'fingerprint' ? 'text' : grouping.value;
  const word = `${field}=${value == null ? '-' : quoted(field === 'text' ? value.slice(0, 200) : value)}`;
  const others = filterText.value.split(/(\S+="[^"]*"|\S+)\s*/).filter((one) => one && !one.startsWith(`${field}=`));
  filterText.value = [...others, word].join(' ');
}

function GroupOf({ group, most }: { group: Group; most: number }) {
  const { value, rows } = group;
  const inTransaction = rows.filter(({ session }) => session.transaction !== null).length;
  const idle = rows.filter(({ activity }) => activity === 'sleeps' || activity === 'holds').length;
  const name = value === undefined ? 'not shown' : (value ?? 'none');
  const rule = value == null ? undefined : ruleOf(grouping.value, value);
  return (
    <li>
      <button
        type="button"
        class="name"
        disabled={value === undefined}
        title={`${many(rows.length, 'session')}: ${idle} idle, ${inTransaction} in a transaction`}
        onClick={() => narrowTo(group)}
      >
        <span class="value">
          {value === undefined ? <Unknown /> : value === null ? <None /> : <Text of={value} most={200} />}
        </span>
        <span class="count">{rows.length.toLocaleString('en')}</span>
        <meter min={0} max={most} value={rows.length} aria-hidden="true" />
      </button>
      <span class="acts">
        <button
          type="button"
          class="small"
          aria-label={`Select all of ${name.slice(0, 60)}`}
          onClick={() => pick(rows, true)}
        >
          select
        </button>
        {rule && idle > 0 && (
          <button type="button" class="small" aria-label={`End idle sessions of ${name.slice(0, 60)}`} onClick={rule}>
            end idle
          </button>
        )}
      </span>
    </li>
  );
}

/** How many sessions there are of each, beside the table. */
export function Groups() {
  const all = groups.value;
  const most = all[0]?.rows.length ?? 1;
  return (
    <aside class="groups" aria-label="Groups">
      <label>
        Count by{' '}
        <select
          value={grouping.value}
          onChange={({ currentTarget }) => {
            grouping.value = GROUPINGS.find((one) => one === currentTarget.value) ?? 'user';
          }}
        >
          {GROUPINGS.map((one) => (
            <option key={one} value={one}>
              {TITLES[one]}
            </option>
          ))}
        </select>
      </label>
      <ul>
        {all.slice(0, MOST).map((group) => (
          <GroupOf key={String(group.value)} group={group} most={most} />
        ))}
      </ul>
      {all.length > MOST && <p class="quiet">and {many(all.length - MOST, 'group')} more</p>}
      {shown.value.rows.length === 0 && <p class="quiet">No session.</p>}
    </aside>
  );
}

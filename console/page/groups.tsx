import { ruleOf } from './rule-dialog.tsx';
import { GROUPINGS, type Group, type Grouping, grouping, groups, isNarrowedTo, narrowTo, pick } from './state.ts';
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

function GroupOf({ group, most }: { group: Group; most: number }) {
  const { value, rows } = group;
  const inTransaction = rows.filter(({ session }) => session.transaction !== null).length;
  const idle = rows.filter(({ activity }) => activity === 'sleeps' || activity === 'holds').length;
  const name = value === undefined ? 'not shown' : (value ?? 'none');
  const isAlone = value !== undefined && isNarrowedTo(value);
  const rule = value == null ? undefined : ruleOf(grouping.value, value);
  return (
    <li>
      <button
        type="button"
        class="name"
        disabled={value === undefined}
        title={`${many(rows.length, 'session')}: ${idle} idle, ${inTransaction} in a transaction`}
        aria-pressed={isAlone}
        onClick={() => value !== undefined && narrowTo(value)}
      >
        <span class="value">
          {value === undefined ? <Unknown /> : value === null ? <None /> : <Text of={value} most={200} />}
        </span>
        <span class="count">{rows.length.toLocaleString('en')}</span>
        <meter min={0} max={most} value={rows.length} aria-hidden="true" />
      </button>
      {isAlone && (
        <p class="acts">
          <button
            type="button"
            class="small"
            aria-label={`Select all of ${name.slice(0, 60)}`}
            onClick={() => pick(rows, true)}
          >
            Select all
          </button>
          {rule && idle > 0 && (
            <button type="button" class="small" onClick={rule}>
              End idle …
            </button>
          )}
        </p>
      )}
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
      {all.length === 0 && <p class="quiet">No session.</p>}
    </aside>
  );
}

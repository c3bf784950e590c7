import { useEffect, useState } from 'preact/hooks';
import type { AuditRecord } from '../../client/api.d.ts';
import { api, Failure } from './api.ts';
import { target, targets } from './state.ts';
import { moment, None, Problem, Text } from './words.tsx';

const FACTS = [
  ['id', 'Record'],
  ['agent', 'Agent'],
  ['rule', 'Access rule'],
  ['approvalRequest', 'Approval'],
  ['identity', 'Identity'],
  ['detail', 'Detail'],
  ['host', 'Client'],
  ['db', 'Database'],
  ['command', 'Command'],
  ['statement', 'Statement'],
  ['filter', 'Filter'],
  ['escalates', 'Escalates'],
  ['correlationId', 'Request'],
  ['outcomeAt', 'Known at'],
] as const satisfies readonly (readonly [keyof AuditRecord, string])[];

const OrNone = ({ of }: { of: string | null }) => (of === null ? <None /> : <Text of={of} />);

function EntryOf({ entry }: { entry: AuditRecord }) {
  const [isOpen, setOpen] = useState(false);
  const facts = FACTS.flatMap(([field, title]) => (entry[field] === null ? [] : [{ title, value: entry[field] }]));
  return (
    <>
      <tr>
        <td>
          <button type="button" class="link" aria-expanded={isOpen} onClick={() => setOpen(!isOpen)}>
            {moment(entry.at)}
          </button>
        </td>
        <td>
          <Text of={entry.principal.subject} />
          {entry.approver !== null && (
            <span class="quiet">
              {' '}
              with <Text of={entry.approver.subject} />
            </span>
          )}
          {entry.reaper !== null && (
            <span class="quiet">
              {' '}
              by <Text of={entry.reaper} />
            </span>
          )}
        </td>
        <td>{entry.kind}</td>
        <td>
          <Text of={entry.target} /> {entry.sessionId}
        </td>
        <td>
          <OrNone of={entry.user} />
        </td>
        <td>
          {entry.outcome ?? 'open'}
          {entry.proven && <span class="quiet"> proven</span>}
        </td>
        <td class="reason">
          <OrNone of={entry.reason} />
        </td>
      </tr>
      {isOpen && (
        <tr class="more">
          <td colSpan={7}>
            <dl>
              {facts.map(({ title, value }) => (
                <div key={title}>
                  <dt>{title}</dt>
                  <dd>
                    <Text of={value} most={4_096} />
                  </dd>
                </div>
              ))}
            </dl>
          </td>
        </tr>
      )}
    </>
  );
}

/** A local moment of a field as the API takes it. */
const utc = (local: FormDataEntryValue | null): string | undefined =>
  typeof local === 'string' && local !== '' ? new Date(local).toISOString() : undefined;

/** Who ended what, when and why. */
export function RecordPage() {
  const [query, setQuery] = useState<Readonly<Record<string, string | undefined>>>({ target: target.value });
  const [entries, setEntries] = useState<readonly AuditRecord[]>([]);
  const [next, setNext] = useState<string | null>(null);
  const [failure, setFailure] = useState<Failure>();
  const [isRead, setRead] = useState(false);
  const read = async (cursor?: string) => {
    setFailure(undefined);
    try {
      const answer = await api.audit({ ...query, cursor });
      setEntries((before) => (cursor === undefined ? answer.records : [...before, ...answer.records]));
      setNext(answer.next);
      setRead(true);
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      setFailure(error);
    }
  };
  useEffect(() => void read(), [query]);
  const ask = (event: SubmitEvent) => {
    event.preventDefault();
    if (!(event.currentTarget instanceof HTMLFormElement)) return;
    const form = new FormData(event.currentTarget);
    const text = (name: string) => String(form.get(name) ?? '').trim() || undefined;
    setQuery({
      target: text('target'),
      principal: text('principal'),
      from: utc(form.get('from')),
      to: utc(form.get('to')),
    });
  };
  return (
    <section class="page" aria-label="Record">
      <h2>The record</h2>
      <form class="line" onSubmit={ask}>
        <label>
          Target{' '}
          <select name="target" value={query['target'] ?? ''}>
            <option value="">all</option>
            {targets.value.map(({ name }) => (
              <option key={name}>{name}</option>
            ))}
          </select>
        </label>
        <label>
          Who <input type="text" name="principal" maxLength={512} />
        </label>
        <label>
          From <input type="datetime-local" name="from" />
        </label>
        <label>
          To <input type="datetime-local" name="to" />
        </label>
        <button type="submit">Show</button>
      </form>
      {failure !== undefined && <Problem failure={failure} />}
      {isRead && entries.length === 0 && <p role="status">Nothing is on record.</p>}
      {entries.length > 0 && (
        <section class="wide-table" aria-label="Records" tabIndex={0}>
          <table>
            <thead>
              <tr>
                {['When', 'Who', 'What', 'Session', 'User', 'Outcome', 'Reason'].map((title) => (
                  <th key={title} scope="col">
                    {title}
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {entries.map((entry) => (
                <EntryOf key={entry.id} entry={entry} />
              ))}
            </tbody>
          </table>
        </section>
      )}
      {next !== null && (
        <button type="button" onClick={() => read(next)}>
          More
        </button>
      )}
    </section>
  );
}

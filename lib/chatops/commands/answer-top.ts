import { rendered } from '../../pictures/lines.ts';
import { countsTable } from '../../pictures/table.ts';
import {
  type CountRequest,
  countSessions,
  type SessionGroup,
  type SessionGroups,
} from '../../sessions/list-sessions.ts';
import type { ChatRequest } from '../../state/request-store.ts';
import { anAnswer, type ChatAnswer, type ChatButton, MAX_ROWS, PICTURE_WIDTH } from '../messages/answer.ts';
import { counted } from '../messages/in-words.ts';
import { aRequest, buttonFor } from './buttons.ts';
import type { CommandCall } from './ports.ts';
import { ruleInWords } from './propose-end.ts';

/** Columns whose value is also a condition of a rule. */
const ENDED_BY = ['user', 'host', 'db', 'tenant'] as const;

const isPlain = (value: string): boolean => !value.includes('*') && !value.startsWith('/');

/**
 * Sessions counted by a column as a picture, the largest group first; below it a row for each group that has sleepers of
 * more than five minutes, with a button that shows who they are and ends them once that is confirmed.
 */
export async function groupsOf(
  call: CommandCall,
  target: string,
  {
    groupBy,
    filters,
    limit,
    requester,
  }: Pick<CountRequest, 'groupBy' | 'filters' | 'limit'> & Pick<ChatRequest, 'requester'>,
): Promise<Pick<ChatAnswer, 'picture' | 'rows'> & { readonly counts: SessionGroups }> {
  const { services, principal, mayEnd } = call;
  const counts = await countSessions(services, { principal, target, groupBy, filters, limit });
  const column = ENDED_BY.find((known) => known === groupBy);
  const requests: ChatRequest[] = [];
  const buttonOf = ({ value, idleFor5m: asleep }: SessionGroup): ChatButton | null => {
    if (!mayEnd || column === undefined || value === null || asleep === 0 || !isPlain(value)) return null;
    // Filters narrow what is counted, and a button ends the group: the two must be about the same sessions.
    if (Object.keys(filters).length > 0) return null;
    const rule = { match: { [column]: value, idle: '5m' } };
    const wanted = { do: 'end', target, rule, limit: null, digest: null, count: asleep } as const;
    const about = `${counted(asleep, 'session')} on ${target}: ${ruleInWords({ rule, limit: null })}`;
    const request = aRequest(call, { wanted, about, requester });
    requests.push(request);
    return buttonFor(request, 'ask', `End the ${asleep} idle for 5m`);
  };
  const rows = counts.groups.flatMap((group) => {
    const button = buttonOf(group);
    return button === null ? [] : [{ head: `${group.value} · ${counted(group.count, 'session')}`, code: null, button }];
  });
  await services.requests.putAll(requests);
  const picture = countsTable(groupBy, counts.groups, PICTURE_WIDTH).map((line) => rendered(line, false));
  return { picture, rows, counts };
}

/** `top TARGET by COLUMN`: how many sessions there are of each. */
export async function answerTop(
  call: CommandCall,
  { target, groupBy, filters }: Pick<CountRequest, 'target' | 'groupBy' | 'filters'>,
): Promise<ChatAnswer> {
  const of = { groupBy, filters, limit: MAX_ROWS, requester: call.principal };
  const { picture, rows, counts } = await groupsOf(call, target, of);
  return anAnswer(`${counted(counts.total, 'session')} on ${target} by ${groupBy}`, {
    lines: counts.more === 0 ? [] : [`The ${MAX_ROWS} largest of ${counts.groups.length + counts.more} groups:`],
    picture,
    rows,
  });
}

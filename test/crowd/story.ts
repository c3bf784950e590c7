import type { Contradiction } from './judge-lists.ts';
import type { Life, Notes } from './notes.ts';
import type { Call } from './product.ts';

const AROUND_MS = 2_500;
const LONGEST = 160;

interface Line {
  readonly at: number;
  readonly text: string;
}

function ofCall(call: Call): readonly string[] {
  if (call.code !== null) return [`${call.what}: ${call.code}`];
  if (call.answer === null) return [];
  switch (call.what) {
    case 'kill':
      return call.demands.map(({ id, kind, mark, tag }, place) => {
        const { outcome = '', proven = false, code = null } = call.answer?.[place] ?? {};
        const meant = mark === null ? (tag === null ? '' : ' by its tag') : ` by the tag of ${mark}`;
        return `${kind} ${id}${meant} → ${code ?? outcome}${proven ? ' (proven)' : ''}`;
      });
    case 'reap':
      return call.answer.victims.map(
        ({ id, outcome, code }) => `reap ${call.rule}${call.dryRun ? ' (dry run)' : ''} ${id} → ${outcome ?? code}`,
      );
    case 'blockers':
      return [JSON.stringify(call.answer.map(({ id, lock, waiters }) => [id, lock, waiters.map((one) => one.id)]))];
    default:
      return [];
  }
}

const isAbout = (call: Call, life: Life): boolean =>
  (call.what === 'kill' && call.demands.some(({ id }) => id === life.id)) ||
  (call.what === 'reap' && call.answer !== null && call.answer.victims.some(({ id }) => id === life.id));

function ofLife({ client, id, how, users, opening, open, leaving, gone, ran, transactions }: Life): readonly Line[] {
  const who = `client ${client} (${id})`;
  return [
    { at: opening, text: `${who} logs in as ${users[0]?.is} by ${how}, ready at +${Math.round(open - opening)}` },
    ...ran.map((one) => ({
      at: one.from,
      text: `${who} ${one.sql.slice(0, 90)} → ${one.end} ${one.errno ?? ''} after ${Math.round(one.to - one.from)} ms`,
    })),
    ...transactions.flatMap(({ at, is }) =>
      is === null ? [] : [{ at, text: `${who} is ${is ? 'in a transaction' : 'in none'}` }],
    ),
    { at: leaving, text: `${who} leaves` },
    { at: gone, text: `${who} is gone` },
  ];
}

/** What happened around a contradiction, a line each, in milliseconds since the beginning of the play. */
export function storyOf(
  { claim, says, lives, from, to, call }: Contradiction,
  notes: Notes,
  calls: readonly Call[],
): string {
  const near = calls.filter((one) => one === call || lives.some((life) => isAbout(one, life)));
  const lines: readonly Line[] = [
    ...lives.flatMap(ofLife),
    ...near.flatMap((one) =>
      ofCall(one).map((text) => ({
        at: one.from,
        text: `${one.asker}: ${text} (${Math.round(one.to - one.from)} ms)`,
      })),
    ),
    ...notes.kills
      .filter(({ id }) => lives.some((life) => life.id === id))
      .map(({ by, id, kind, from: at }) => ({ at, text: `client ${by} sends KILL ${kind} ${id}` })),
  ].filter(({ at }) => at >= from - AROUND_MS && at <= to + AROUND_MS);
  const since = (at: number): string => String(Math.round(at - notes.start)).padStart(7);
  const row =
    call !== null && 'answer' in call && Array.isArray(call.answer)
      ? call.answer.find((one) => 'command' in one && lives.some((life) => life.id === one.id))
      : undefined;
  return [
    `${claim}: ${call === null ? '' : `${call.asker}'s ${call.what} `}${says}`,
    `${since(from)} … ${since(to)} the call`,
    ...(row === undefined ? [] : [`        ${JSON.stringify(row).slice(0, 700)}`]),
    ...lines.toSorted((a, b) => a.at - b.at).map(({ at, text }) => `${since(at)} ${text.slice(0, LONGEST)}`),
  ].join('\n');
}

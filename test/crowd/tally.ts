import type { Played } from './play.ts';

const counts = (names: readonly string[]): string =>
  [...Map.groupBy(names, (name) => name)]
    .toSorted(([a], [b]) => a.localeCompare(b))
    .map(([name, all]) => `${name} ${all.length}`)
    .join(', ');

/** How much was played, what was answered, and what was contradicted, in a few lines. */
export function tallyOf({ notes, calls, contradictions, settings }: Played): string {
  const ran = notes.lives.flatMap((life) => life.ran);
  const kills = calls.flatMap((call) => (call.what === 'kill' ? (call.answer ?? []) : []));
  const victims = calls.flatMap((call) => (call.what === 'reap' && !call.dryRun ? (call.answer?.victims ?? []) : []));
  const answers = [...kills, ...victims].map(
    ({ outcome, proven, code }) => `${outcome ?? code}${proven ? ' (proven)' : ''}`,
  );
  return [
    `${notes.lives.length} connections (${counts(notes.lives.map(({ how }) => how))}), statements: ${counts(ran.map(({ end }) => String(end)))}`,
    `  calls: ${counts(calls.map(({ what, code }) => (code === null ? what : `${what} → ${code}`)))}`,
    `  kills: ${counts(answers)}`,
    ...(settings.length === 0 ? [] : [`  settings: ${settings.join('; ')}`]),
    `  contradictions: ${contradictions.length === 0 ? 'none' : counts(contradictions.map(({ claim }) => claim))}`,
  ].join('\n');
}

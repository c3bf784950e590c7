/** Edits from one word to another: a letter more, less, changed, or swapped with its neighbour. */
function distance(from: string, to: string): number {
  let [before, above]: [readonly number[], readonly number[]] = [
    [],
    Array.from({ length: to.length + 1 }, (_, at) => at),
  ];
  for (let row = 1; row <= from.length; row++) {
    const line = [row];
    for (let at = 1; at <= to.length; at++) {
      const isSame = from[row - 1] === to[at - 1];
      const edits = [(above[at] ?? 0) + 1, (line[at - 1] ?? 0) + 1, (above[at - 1] ?? 0) + (isSame ? 0 : 1)];
      const isSwapped = from[row - 1] === to[at - 2] && from[row - 2] === to[at - 1];
      line.push(Math.min(...edits, ...(isSwapped ? [(before[at - 2] ?? 0) + 1] : [])));
    }
    [before, above] = [above, line];
  }
  return above[to.length] ?? 0;
}

/** The known name that may have been meant, whatever its case; `undefined` where none is like it. */
export function nearest(word: string, known: readonly string[]): string | undefined {
  const plain = (name: string): string => name.toLowerCase().replace(/[-_]/g, '');
  const [best] = known
    .map((name) => ({ name, edits: distance(plain(word), plain(name)), limit: Math.ceil(plain(name).length / 3) }))
    .filter(({ edits, limit }) => edits <= limit)
    .toSorted((a, b) => a.edits - b.edits);
  return best?.name;
}

/** What to say of names that mean nothing: the one that was meant, or to remove them. @param kind - what they would name */
export function unknownName(kind: string, words: readonly string[], known: readonly string[]): string {
  const [word = ''] = words;
  const meant = words.length === 1 ? nearest(word, known) : undefined;
  const names = words.map((one) => `\`${one}\``).join(', ');
  return `there is no ${kind} ${names}: ${meant === undefined ? 'remove it, or correct its name' : `did you mean \`${meant}\`?`}`;
}

/** Letters to change, add, leave out or swap with their neighbour until one word is the other. */
function distance(a: string, b: string): number {
  const rows: number[][] = [];
  const at = (row: number, column: number): number => rows[row]?.[column] ?? 0;
  for (let row = 0; row <= a.length; row++) {
    rows.push([row]);
    for (let column = 1; column <= b.length; column++) {
      if (row === 0) {
        rows[0]?.push(column);
        continue;
      }
      const same = a[row - 1] === b[column - 1] ? 0 : 1;
      let least = Math.min(at(row - 1, column) + 1, at(row, column - 1) + 1, at(row - 1, column - 1) + same);
      if (row > 1 && column > 1 && a[row - 1] === b[column - 2] && a[row - 2] === b[column - 1])
        least = Math.min(least, at(row - 2, column - 2) + 1);
      rows[row]?.push(least);
    }
  }
  return at(a.length, b.length);
}

/** The word that somebody most likely meant; `undefined` where none is near. */
export function nearest<Word extends string>(word: string, words: readonly Word[]): Word | undefined {
  const typed = word.toLowerCase().slice(0, 24);
  const ranked = words
    .map((known) => ({ known, far: known.startsWith(typed) && typed.length > 1 ? 0 : distance(typed, known) }))
    .sort((a, b) => a.far - b.far);
  const best = ranked[0];
  return best !== undefined && best.far <= Math.max(1, Math.floor(best.known.length / 3)) ? best.known : undefined;
}

/** A command of a `console` block and what it printed. */
export interface Step {
  /** As a person types it, over several lines where it is continued. */
  readonly command: string;
  readonly output: readonly string[];
}

/** The commands of a block, in order. */
export function stepsOf(text: string): readonly Step[] {
  const steps: { command: string; output: string[] }[] = [];
  for (const line of text.split('\n')) {
    const last = steps.at(-1);
    if (line.startsWith('$ ')) steps.push({ command: line.slice(2), output: [] });
    else if (last === undefined) throw new Error(`A console block begins with "$ ": ${line}`);
    else if (last.output.length === 0 && last.command.endsWith('\\')) last.command += `\n${line}`;
    else last.output.push(line);
  }
  return steps.map(({ command, output }) => ({ command, output: withoutEmptyEnd(output) }));
}

/** A block of these steps, an empty line between those that print. */
export const blockOf = (steps: readonly Step[]): string =>
  steps
    .map(({ command, output }, at) => {
      const isParted = at < steps.length - 1 && output.length > 0;
      return [`$ ${command}`, ...output, ...(isParted ? [''] : [])].join('\n');
    })
    .join('\n');

/** Lines without empty ones at the end. */
export const withoutEmptyEnd = (lines: readonly string[]): readonly string[] =>
  lines.slice(0, lines.findLastIndex((line) => line.trim() !== '') + 1);

/** What is another at each run, and what is written for all of it. */
const VARIES: readonly (readonly [RegExp, string])[] = [
  [/\b[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}\b/g, 'UUID'],
  [/"next": "[^"]+"/g, '"next": "CURSOR"'],
  [/\bcurl\/[\d.]+/g, 'curl'],
  [/\b01[0-9A-HJKMNP-TV-Z]{24}\b/g, 'ULID'],
  [/\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:\.\d+)?Z?/g, 'DATE'],
  [/"digest": ?"[^"]*"/g, '"digest":"DIGEST"'],
  [/(?<![\w-])[\w-]{22}\.[\w-]{22}(?![\w-])/g, 'TAG'],
  [/"[\w-]{22}"/g, '"TAG"'],
  [/\b\d+\.\d+\.\d+\.\d+:\d+\b/g, 'ADDRESS'],
  [/^\s*(\d+)\s+[\w-]{8}\s+(?=\S+\s+ADDRESS)/g, '$1 TAG '],
  [/(?<![\w-])\d+(?:\.\d+)?(?:[dhms]| ms)(?: \d+[hms])?(?![\w-])/g, 'TIME'],
  [/"(\w*(?:time|Time|oldest|Ms|seconds|For|Wait))": ?[\d.]+/g, '"$1": N'],
  [/\t\d+(?=\t)/g, '\tN'],
  [/\s+/g, ' '],
];

/** An ID, a port. Counts in these pages are smaller. */
const NUMBER = /(?<![\w.])\d{3,}(?![\w.])/g;

/** A line without what is another at each run. @param ids - numbers that mean the same session on the page and here */
const steady = (line: string, ids: Ids): string =>
  VARIES.reduce((text, [pattern, name]) => text.replace(pattern, name), line)
    .replace(NUMBER, (number) => (ids.has(number) ? number : 'N'))
    .trim();

type Ids = { has(number: string): boolean };

/** Whether two lines are one but for that. One that is cut off is compared as far as it goes. */
function isSame(told: string, real: string, ids: Ids): boolean {
  const [one, other] = [steady(told, ids), steady(real, ids)];
  if (!one.endsWith('…') && !other.endsWith('…')) return one === other;
  const length = Math.min(one.replace(/…$/, '').length, other.replace(/…$/, '').length);
  return length >= 12 && one.slice(0, length) === other.slice(0, length);
}

/** Whether a page tells what was printed. Its `…`, alone in a line, is any number of lines. */
export function tells(told: readonly string[], real: readonly string[], ids: Ids): boolean {
  const [first, ...rest] = told;
  if (first === undefined) return real.length === 0;
  if (first.trim() === '…') return real.some((_, at) => tells(rest, real.slice(at), ids)) || rest.length === 0;
  const [printed, ...more] = real;
  return printed !== undefined && isSame(first, printed, ids) && tells(rest, more, ids);
}

/** Whether all that a page tells was printed, in any order. */
export const holds = (told: readonly string[], real: readonly string[], ids: Ids): boolean =>
  told.every((line) => line.trim() === '…' || real.some((printed) => isSame(line, printed, ids)));

/** Whether two JSON texts of many lines are one but for the order of lists and what is another at each run. */
export function isSameAnswer(told: readonly string[], real: readonly string[], ids: Ids): boolean {
  const [one, other] = [told, real].map((lines) => lines.map((line) => steady(line, ids).replace(/,$/, '')).toSorted());
  return one?.join('\n') === other?.join('\n');
}

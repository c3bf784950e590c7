import { type Line, rendered, textOf } from '../../../lib/pictures/lines.ts';
import { UsageError } from '../help.ts';
import { isColourful, type World } from '../terminal.ts';

const ENTER = '\x1b[?1049h\x1b[?25l';
const LEAVE = '\x1b[?25h\x1b[?1049l';
const HOME = '\x1b[H';
const CLEAR_REST = '\x1b[K';
const CLEAR_BELOW = '\x1b[J';

/** Keys that move the place, by how many lines; a page is the height of the screen. */
const MOVES: Readonly<Record<string, number | 'page' | '-page' | 'top' | 'end'>> = {
  '\x1b[A': -1,
  k: -1,
  '\x1b[B': 1,
  j: 1,
  '\x1b[6~': 'page',
  ' ': 'page',
  '\x1b[5~': '-page',
  '\x1b[H': 'top',
  g: 'top',
  '\x1b[F': 'end',
  G: 'end',
};
const ENDS = ['q', '\x03', '\x04'];

/** What is on the screen: its title stays, and the lines below move. */
export interface Screen {
  readonly lines: readonly Line[];
  readonly first: number;
}

/** Where the first line goes for a key; within what there is. */
export function moved({ lines, first }: Screen, key: string, height: number): number {
  const move = MOVES[key];
  const last = Math.max(0, lines.length - height);
  if (move === undefined) return Math.min(first, last);
  const to = { page: first + height, '-page': first - height, top: 0, end: last };
  return Math.max(0, Math.min(last, typeof move === 'number' ? first + move : to[move]));
}

/** The line at the top is found again by its first word, which is a session's ID, wherever it stands now. */
export function keptPlace(before: Screen, lines: readonly Line[]): number {
  const idOf = (line: Line | undefined): string => wordsOf(line)[0] ?? '';
  if (before.first === 0) return 0;
  const id = idOf(before.lines[before.first]);
  const found = lines.findIndex((line) => idOf(line) === id);
  return id !== '' && found >= 0 ? found : before.first;
}

function wordsOf(line: Line | undefined): readonly string[] {
  if (line === undefined) return [];
  const pieces = Array.isArray(line) ? line : [line];
  return pieces.map(textOf).join('').trim().split(/\s+/);
}

/** What one look found: lines below their title, and what is to be said of all of them, which stays in sight. */
export interface Looked {
  readonly lines: readonly Line[];
  readonly sums: readonly string[];
}

/** Shows lines anew every so many seconds, in a screen of their own, until q or Ctrl-C. @throws UsageError without a terminal */
export async function watchLines(world: World, seconds: number, look: () => Promise<Looked>): Promise<0> {
  const { stdin, stdout } = world;
  if (!stdout.isTTY || !stdin.isTTY) throw new UsageError('--watch needs a terminal');
  const inColour = isColourful(world);
  let screen: Screen = { lines: [], first: 0 };
  let [title, problem]: [Line, string | undefined] = ['', undefined];
  let sums: readonly string[] = [];
  const height = () => Math.max(1, (stdout.rows ?? 24) - 2);
  const draw = (): void => {
    const first = moved(screen, '', height());
    const shown = screen.lines.slice(first, first + height());
    const foot = problem ?? [...sums, `every ${seconds}s`, '↑ ↓ PgUp PgDn', 'q ends'].join(' · ');
    const all: readonly Line[] = [title, ...shown, { text: foot, style: problem === undefined ? 'dim' : 'red' }];
    stdout.write(`${HOME}${all.map((line) => `${rendered(line, inColour)}${CLEAR_REST}`).join('\r\n')}${CLEAR_BELOW}`);
  };
  const ending = new AbortController();
  const onKey = (data: Buffer): void => {
    const key = data.toString('utf8');
    if (ENDS.includes(key)) {
      ending.abort();
    } else if (MOVES[key] !== undefined) {
      screen = { ...screen, first: moved(screen, key, height()) };
      draw();
    }
  };
  const onSignal = (): void => ending.abort();
  process.once('SIGTERM', onSignal).once('SIGHUP', onSignal);
  stdin.setRawMode(true);
  stdin.on('data', onKey).resume();
  stdout.write(ENTER);
  try {
    while (!ending.signal.aborted) {
      try {
        const found = await look();
        const [head = '', ...lines] = found.lines;
        [problem, sums] = [undefined, found.sums];
        title = head;
        screen = { lines, first: keptPlace(screen, lines) };
      } catch (error) {
        if (error instanceof UsageError && title === '') throw error;
        // A server that is full or restarts comes back: what was seen last stays.
        problem = error instanceof Error ? (error.message.split('\n')[0] ?? '') : String(error);
      }
      if (!ending.signal.aborted) draw();
      await world.sleep(seconds * 1000, ending.signal).catch(() => {});
    }
  } finally {
    stdout.write(LEAVE);
    stdin.off('data', onKey).pause();
    stdin.setRawMode(false);
    process.off('SIGTERM', onSignal).off('SIGHUP', onSignal);
  }
  return 0;
}

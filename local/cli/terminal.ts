import { type Line, rendered } from '../../lib/pictures/lines.ts';
import { printable } from '../../lib/sessions/masking/visible.ts';

/** Where output goes: a terminal, a pipe, or a test. */
export interface Output {
  readonly isTTY?: boolean | undefined;
  readonly columns?: number | undefined;
  readonly rows?: number | undefined;
  write(text: string): unknown;
}

/** What a command works with besides its own line. */
export interface World {
  readonly env: Readonly<NodeJS.ProcessEnv>;
  readonly stdout: Output;
  readonly stderr: Output;
  readonly stdin: NodeJS.ReadStream;
  /** Rejects once it is told to end before. */
  readonly sleep: (ms: number, end?: AbortSignal) => Promise<unknown>;
}

/** Columns of a terminal; 80 for anything else, unless COLUMNS says how many. */
export function widthOf({ env, stdout }: Pick<World, 'env' | 'stdout'>): number {
  const said = /^[1-9]\d{0,4}$/.test(env['COLUMNS'] ?? '') ? Number(env['COLUMNS']) : undefined;
  return (stdout.isTTY ? stdout.columns : said) ?? said ?? 80;
}

/** Colours on a terminal, unless NO_COLOR; elsewhere only with FORCE_COLOR. */
export function isColourful({ env, stdout }: Pick<World, 'env' | 'stdout'>): boolean {
  if (env['FORCE_COLOR']) return env['FORCE_COLOR'] !== '0';
  return !env['NO_COLOR'] && env['TERM'] !== 'dumb' && stdout.isTTY === true;
}

/** Prints lines. Names, reasons and statements are others', and may hold commands for a terminal: those show as `\u001b`. */
export function print(world: World, lines: readonly Line[]): void {
  const inColour = isColourful(world);
  if (lines.length > 0) world.stdout.write(`${lines.map((line) => rendered(line, inColour)).join('\n')}\n`);
}

/** Prints plain text of several lines, JSON or a file. */
export function printText({ stdout }: World, text: string): void {
  if (text !== '') stdout.write(`${printable(text)}\n`);
}

/** The same, where it does not get into what is read by programs. */
export function warn({ stderr }: World, text: string): void {
  if (text !== '') stderr.write(`${printable(text)}\n`);
}

import { PassThrough } from 'node:stream';
import { setImmediate as turn } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { keptPlace, moved, watchLines } from '../../../../local/cli/view/watch.ts';

const LINES = Array.from({ length: 30 }, (_, at) => `${100 + at}  app`);

describe('the place on the screen', () => {
  it.each([
    ['\x1b[B', 5, 6],
    ['k', 5, 4],
    ['k', 0, 0],
    [' ', 5, 15],
    [' ', 19, 20],
    ['\x1b[5~', 5, 0],
    ['G', 5, 20],
    ['g', 5, 0],
    ['x', 25, 20],
  ])('moves for %j from %i to %i, and never past the end', (key, first, to) => {
    expect(moved({ lines: LINES, first }, key, 10)).toBe(to);
  });

  it('is kept at the session that stood on top, wherever it is now', () => {
    const fewer = LINES.slice(4);
    expect(keptPlace({ lines: LINES, first: 8 }, fewer)).toBe(4);
    expect(keptPlace({ lines: LINES, first: 0 }, fewer)).toBe(0);
    expect(keptPlace({ lines: LINES, first: 2 }, fewer)).toBe(2);
  });
});

/** A terminal of six lines, and what was written to it. */
function aTerminal() {
  let written = '';
  const modes: boolean[] = [];
  const keys = new PassThrough();
  const stdin = Object.assign(keys, {
    isTTY: true,
    setRawMode: (mode: boolean) => {
      modes.push(mode);
      return keys;
    },
  }) as unknown as NodeJS.ReadStream;
  const stdout = {
    isTTY: true,
    columns: 80,
    rows: 6,
    write: (text: string) => {
      written += text;
    },
  };
  const until = async (text: string) => {
    for (let turns = 0; turns < 10_000 && !written.includes(text); turns++) await turn();
    expect(written).toContain(text);
    written = written.slice(written.indexOf(text) + text.length);
  };
  return { stdin, stdout, keys, modes, until, rest: () => written };
}

describe('a screen that is drawn again and again', () => {
  it('shows what is there now, keeps its place, survives a failed look, and gives the terminal back', async () => {
    const terminal = aTerminal();
    const looks: (readonly string[] | Error)[] = [
      ['Id   User', ...LINES],
      ['Id   User', ...LINES.slice(2)],
      new Error('The target did not answer in time.\nTry again.'),
      ['Id   User', ...LINES.slice(2)],
    ];
    let wake = () => {};
    const ended = watchLines(
      {
        ...{ env: { NO_COLOR: '1' }, stdin: terminal.stdin, stdout: terminal.stdout, stderr: terminal.stdout },
        sleep: (_ms, signal) =>
          new Promise((resolve) => {
            wake = () => resolve(undefined);
            signal?.addEventListener('abort', () => resolve(undefined));
          }),
      },
      2,
      async () => {
        const next = looks.shift() ?? [];
        if (next instanceof Error) throw next;
        return { lines: next, sums: ['30 sessions'] };
      },
    );
    await terminal.until('\x1b[?1049h');
    await terminal.until('100  app');
    terminal.keys.write('\x1b[B');
    terminal.keys.write('\x1b[B');
    await terminal.until('\x1b[H');
    await terminal.until('105  app');
    wake();
    await terminal.until('Id   User\x1b[K\r\n102  app');
    wake();
    await terminal.until('The target did not answer in time.');
    wake();
    await terminal.until('30 sessions · every 2s · ↑ ↓ PgUp PgDn · q ends');
    terminal.keys.write('q');
    expect(await ended).toBe(0);
    expect(terminal.rest()).toContain('\x1b[?25h\x1b[?1049l');
    expect(terminal.modes).toEqual([true, false]);
  });

  it('needs a terminal', async () => {
    const { stdin, stdout } = aTerminal();
    const world = { env: {}, stdin, stderr: stdout, sleep: async () => {} };
    const piped = { ...world, stdout: { write: () => {} } };
    await expect(watchLines(piped, 2, async () => ({ lines: [], sums: [] }))).rejects.toThrow(
      '--watch needs a terminal',
    );
  });
});

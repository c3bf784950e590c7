import { describe, expect, it } from 'vitest';
import { isColourful, type Output, print, type World, widthOf } from '../../../../local/cli/terminal.ts';

const output = (over: Partial<Output> = {}): Output => ({ write: () => {}, ...over });

describe('the width of output', () => {
  it.each([
    [{ isTTY: true, columns: 132 }, {}, 132],
    [{ isTTY: true, columns: 132 }, { COLUMNS: '100' }, 132],
    [{}, {}, 80],
    [{ columns: 132 }, {}, 80],
    [{}, { COLUMNS: '200' }, 200],
    [{}, { COLUMNS: 'wide' }, 80],
  ])('of %j with %j is %i', (over, env, width) => {
    expect(widthOf({ env, stdout: output(over) })).toBe(width);
  });
});

describe('colours', () => {
  const terminal = { isTTY: true };
  it.each([
    [terminal, {}, true],
    [{}, {}, false],
    [terminal, { NO_COLOR: '1' }, false],
    [terminal, { NO_COLOR: '' }, true],
    [terminal, { TERM: 'dumb' }, false],
    [{}, { FORCE_COLOR: '1' }, true],
    [terminal, { FORCE_COLOR: '0' }, false],
    [{}, { FORCE_COLOR: '1', NO_COLOR: '1' }, true],
  ])('of %j with %j: %j', (over, env, are) => {
    expect(isColourful({ env, stdout: output(over) })).toBe(are);
  });

  it('are ours alone: what others wrote is text', () => {
    let written = '';
    const stdout = output({
      write: (text) => {
        written += text;
      },
    });
    const world = { env: { FORCE_COLOR: '1' }, stdout, stderr: stdout, stdin: process.stdin, sleep: async () => {} };
    print(world satisfies World, [['\x1b[32mevil', { text: 'red\n', style: 'red' }], '']);
    expect(written.split('\x1b')).toEqual(['\\u001b[32mevil', '[31mred ', '[39m\n\n']);
  });
});

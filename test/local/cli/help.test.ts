import { describe, expect, it } from 'vitest';
import packageJson from '../../../package.json' with { type: 'json' };
import { ran } from './a-world.ts';

// biome-ignore format: a list is easier to read as one
const COMMANDS = [
  'targets', 'sessions', 'show', 'top', 'blockers', 'health', 'kill', 'cancel', 'reap', 'stop', 'resume', 'audit',
  'grants', 'policy', 'serve', 'mcp', 'call',
];

describe('warden --help', () => {
  it('lists every command, the ways to a server, and the exit codes; so do help and an empty line', async () => {
    const { code, stdout, stderr } = await ran(['--help']);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    const listed = [...stdout.matchAll(/^ {2}([a-z]+)(?:\|[a-z]+)? .*$/gm)].map(([, name]) => name);
    expect(listed.filter((name) => name !== 'neither').toSorted()).toEqual(COMMANDS.toSorted());
    for (const what of [
      '--api URL or WARDEN_API',
      'DATABASE_URL or TARGETS',
      'Exit codes: 0 done; 1 ',
      '2 the command',
    ])
      expect(stdout).toContain(what);
    for (const line of [['help'], [], ['-h']]) expect(await ran(line)).toEqual({ code, stdout, stderr });
  });

  it.each([...COMMANDS.map((name) => [name]), ['audit', 'verify'], ['doctor']])(
    'says how %s %s is used, with an example, in the width there is',
    async (...words) => {
      const { code, stdout } = await ran([...words.filter((word) => word !== undefined), '--help'], { columns: 100 });
      expect(code).toBe(0);
      expect(stdout).toMatch(/^Usage: warden /);
      expect(stdout).toMatch(/\nExample:\n {2}\S*.*warden /);
      const [ours = ''] = stdout.split('\nExample:');
      for (const line of ours.split('\n')) expect(line.length).toBeLessThanOrEqual(100);
    },
  );

  it('says which word was meant, and with exit code 2 what is wrong', async () => {
    expect(await ran(['sesions'])).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('Did you mean sessions?'),
    });
    expect(await ran(['kill', '7', '--raeson', 'x'])).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('Did you mean --reason?'),
    });
    expect(await ran(['show'])).toMatchObject({ code: 2, stderr: "missing required argument 'id'\n" });
    expect(await ran(['policy', 'chek'])).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('check, import or test'),
    });
  });

  it('says its version', async () => {
    expect(await ran(['--version'])).toMatchObject({ code: 0, stdout: `${packageJson.version}\n` });
  });

  it('commands no terminal with a word that it does not know', async () => {
    const { code, stderr } = await ran(['\x1b]0;owned\x07']);
    expect({ code, stderr }).toEqual({ code: 2, stderr: "unknown command '\\u001b]0;owned\\u0007'\n" });
  });
});

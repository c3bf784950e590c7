import { afterEach, describe, expect, it, vi } from 'vitest';
import type { Session } from '../../../lib/sessions/session.ts';
import type { LocalServices } from '../../../local/services.ts';
import { scriptedServices } from '../../support/scripted-services.ts';
import { aSession } from '../../unit/lib/reaper/a-session.ts';
import { type Around, ran } from './a-world.ts';

let services: LocalServices;
// The server is scripted; the rest is as on any machine.
vi.mock(import('../../../local/services.ts'), async (original) => ({
  ...(await original()),
  createLocalServices: () => services,
}));

const OLD = aSession({ id: '102', user: 'app_web', time: 725 });
const OLDER = aSession({ id: '103', user: 'app_web', time: 1_340 });
const BOTH = [OLD, OLDER];
const CONDITIONS = ['kill', '--user', 'app_web', '--idle', '5m', '--reason', 'the pool is full'];

/** A server that shows these, look after look; what is sent to it, and what is on record, may be read. */
function onServer(looks: readonly (readonly Session[])[]) {
  const made = scriptedServices(
    `access: [{ who: { group: operator }, targets: ['*'], privileges: [PROCESS, SUPER] }]`,
    { looks },
  );
  services = { ...made.services, close: () => {} };
  const line = (args: readonly string[], around: Around = {}) =>
    ran(args, { env: { DATABASE_URL: 'mysql://nobody@127.0.0.1:1', NO_COLOR: '1' }, ...around });
  const ended = () => made.sent.flatMap(({ victims }) => victims.map(({ session }) => session.id));
  return { line, ended, audit: made.audit };
}
afterEach(() => vi.restoreAllMocks());

describe('warden kill by conditions', () => {
  it('shows whom, asks, and ends those alone, with the reason on record', async () => {
    const server = onServer([BOTH, BOTH, []]);
    const { code, stdout, stderr } = await server.line(CONDITIONS, { isTTY: true, typed: 'y\n' });
    expect(stdout).toContain('2 of 2 sessions would end');
    expect(stderr).toBe('End these 2? [y/N] ');
    expect(stdout).toMatch(/103 +app_web .* terminated\n102 +app_web .* terminated\n/);
    expect(code).toBe(0);
    expect(server.ended()).toEqual(['103', '102']);
    for (const { reason } of server.audit.records) expect(reason).toContain('the pool is full');
  });

  it.each(['n\n', '\n', '', 'yess\n'])('ends nothing for the answer %j', async (typed) => {
    const server = onServer([BOTH]);
    const { code, stdout } = await server.line(CONDITIONS, { isTTY: true, typed });
    expect({ code, stdout }).toEqual({ code: 1, stdout: expect.stringMatching(/Nothing was ended\.\n$/) });
    expect(server.ended()).toEqual([]);
  });

  it('ends nothing without a terminal, unless --yes says so', async () => {
    const server = onServer([BOTH]);
    const { code, stdout, stderr } = await server.line(CONDITIONS, { typed: 'y\n' });
    expect(stdout).toContain('2 of 2 sessions would end');
    expect({ code, stderr }).toEqual({ code: 2, stderr: expect.stringContaining('--yes') });
    expect(server.ended()).toEqual([]);
    const sure = onServer([BOTH, BOTH, []]);
    expect((await sure.line([...CONDITIONS, '--yes'])).code).toBe(0);
    expect(sure.ended()).toEqual(['103', '102']);
  });

  it('ends no session that was not shown, though it matches by now', async () => {
    const server = onServer([[OLD], BOTH, [OLDER]]);
    const { stdout } = await server.line([...CONDITIONS, '--yes']);
    expect(server.ended()).toEqual(['102']);
    expect(stdout).toContain('1 session spared: digest: it was not in the dry run');
  });

  it('takes so many, the oldest first, and says how many are left', async () => {
    const server = onServer([BOTH, BOTH, [OLD]]);
    const { stdout } = await server.line([...CONDITIONS, '--limit', '1', '--yes']);
    expect(server.ended()).toEqual(['103']);
    expect(stdout).toContain('1 session spared: limit: 1');
  });

  it('prints what the API answers, with --json, and nothing else', async () => {
    const preview = await onServer([BOTH]).line([...CONDITIONS, '--json', '--dry-run']);
    expect(JSON.parse(preview.stdout)).toMatchObject({ dryRun: true, digest: expect.any(String) });
    const killed = await onServer([BOTH, BOTH, []]).line([...CONDITIONS, '--json', '--yes']);
    expect(JSON.parse(killed.stdout)).toMatchObject({ dryRun: false, victims: [{ outcome: 'terminated' }, {}] });
    expect(await onServer([BOTH]).line([...CONDITIONS, '--json'])).toMatchObject({ code: 2, stdout: '' });
    const nobody = await onServer([[]]).line([...CONDITIONS, '--json', '--yes']);
    expect(JSON.parse(nobody.stdout)).toMatchObject({ victims: [] });
  });

  it('is exit code 1 where a limit or the server held one back', async () => {
    const { services: stopped } = scriptedServices(
      "stop: true\naccess: [{ who: { group: operator }, targets: ['*'], privileges: [PROCESS, SUPER] }]",
      { looks: [BOTH] },
    );
    services = { ...stopped, close: () => {} };
    const env = { DATABASE_URL: 'mysql://nobody@127.0.0.1:1' };
    const { code, stderr } = await ran([...CONDITIONS, '--yes'], { env });
    expect({ code, stderr }).toEqual({ code: 1, stderr: expect.stringContaining('All kills are currently stopped') });
  });

  it.each([
    [['kill'], 'write one ID, or whom'],
    [['kill', '102', '--user', 'app_web'], 'not both'],
    [['kill', '102', '--dry-run'], 'not both'],
    [['cancel', '102', '--limit', '1'], 'not both'],
    [['kill', '--user', 'app_web', '--tag', 't'], '--tag goes with one ID'],
    [['kill', '102', '103'], 'too many arguments'],
    [['kill', '12abc'], '1 to 20 decimal digits'],
    [['kill', '--user', 'app_web', '--limit', '0'], '--limit'],
    [['kill', '--user', 'app_web', '--victims', 'some'], 'all-but-oldest'],
    [['cancel', '102', '--escalate-after', '5'], 'a duration with its unit'],
    [['kill', '--idle', '5'], 'rule.match.idle: write a duration'],
  ])('says what to write for %j', async (args, what) => {
    const server = onServer([BOTH]);
    const { code, stdout, stderr } = await server.line(args);
    expect({ code: code > 0, said: stdout + stderr }).toEqual({ code: true, said: expect.stringContaining(what) });
    expect(server.ended()).toEqual([]);
  });
});

describe('warden kill ID', () => {
  it('ends one, and with a tag only the session that it was', async () => {
    const server = onServer([[OLD], []]);
    expect(await server.line(['kill', '102', '--reason', 'left'])).toMatchObject({
      code: 0,
      stdout: '102: terminated\n',
    });
    const other = onServer([[OLD]]);
    const { code, stderr } = await other.line(['kill', '102', '--tag', 'AAAAAAAAAAAAAAAAAAAAAA']);
    expect({ code, stderr }).toEqual({ code: 1, stderr: expect.stringContaining('List the sessions again') });
    expect(other.ended()).toEqual([]);
  });

  it('prints a refusal as the API words it, and with --json its document', async () => {
    const server = onServer([[]]);
    const { code, stdout, stderr } = await server.line(['kill', '7', '--json']);
    expect(code).toBe(1);
    expect(JSON.parse(stdout)).toMatchObject({ code: 'session-not-found', status: 404 });
    expect(stderr).toContain('The session does not exist');
  });
});

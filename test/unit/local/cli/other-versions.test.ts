import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import document from '../../../../docs/openapi.json' with { type: 'json' };
import { NotSaid, readAnswer } from '../../../../local/cli/api/read-answer.ts';
import { ran } from '../../../local/cli/a-world.ts';

const SESSION = {
  ...{
    id: '42',
    user: 'app',
    host: '10.0.0.7:5',
    db: 'shop',
    command: 'Query',
    time: 7,
    state: 'executing',
    tag: 'tag',
  },
  ...{
    statement: { text: 'SELECT ?', masked: true, tag: 'tag.q' },
    transaction: null,
    protected: false,
    warden: false,
  },
  ...{ own: true, tenant: null, proxySessionId: null, proxy: null, observers: null, changes: null, unknown: [] },
};
const LIST = { sessions: [SESSION], total: 1, next: null, undecided: 0 };
const VICTIM = {
  ...{ id: '42', tag: 'tag', user: 'app', host: null, db: null, command: 'Sleep', time: 9, reasons: ['idle 9 s'] },
  ...{ outcome: null, proven: false, auditId: null, code: null },
};
const REAP = {
  ...{ target: 'shop', reaper: null, dryRun: true, kill: 'connection', sessions: 1, victims: [VICTIM], spared: [] },
  ...{ warned: [], undecidable: [], held: null, approval: null, digest: 'digest-of-them' },
};
const HEALTH = {
  ...{ target: 'shop', reachable: true, engine: 'mysql', version: '9.7', latencyMs: 3, connectMs: 2 },
  ...{
    exactStatements: true,
    source: null,
    canary: null,
    encryption: null,
    privileges: { process: true, super: true },
    problem: null,
  },
  ...{ connections: { used: 1, most: 2 }, running: 1, waiting: 0, missing: [], undecidable: [] },
};

const without = (whole: object, ...names: readonly string[]) =>
  Object.fromEntries(Object.entries(whole).filter(([name]) => !names.includes(name)));

let answer: { readonly status?: number; readonly type?: string; readonly body: unknown };
let asked: string[] = [];
const server = createServer((request, response) => {
  asked.push(`${request.method} ${request.url}`);
  const { status = 200, type = 'application/json', body } = answer;
  const isBlockers = request.url?.endsWith('/blockers') === true && status === 200 && type === 'application/json';
  const text = typeof body === 'string' ? body : JSON.stringify(isBlockers ? { blockers: [] } : body);
  response.writeHead(status, { 'content-type': type }).end(text);
});
beforeAll(() => new Promise<void>((done) => server.listen(0, '127.0.0.1', done)));
afterAll(() => {
  server.closeAllConnections();
  server.close();
});

/** A command line against a server that answers everything so. */
function against(body: unknown, line: string, how: { readonly status?: number; readonly type?: string } = {}) {
  answer = { body, ...how };
  asked = [];
  const { port } = server.address() as AddressInfo;
  return ran(line.split(' '), { env: { WARDEN_API: `http://127.0.0.1:${port}`, WARDEN_TOKEN: 't' }, columns: 120 });
}

describe('a newer server', () => {
  it('may say more, and use words that are new', async () => {
    const [more, word] = [
      { ...SESSION, replica: true },
      { field: 'pace', why: 'It is new.' },
    ];
    const list = { ...LIST, sessions: [{ ...more, unknown: [word] }], further: {} };
    expect(await against(list, 'sessions')).toMatchObject({ code: 0, stdout: expect.stringContaining('SELECT ?') });
    const { stdout } = await against(list, 'sessions --json');
    expect(JSON.parse(stdout)).toEqual(list);
    const ended = { id: '42', outcome: 'melted', proven: false, auditId: null, hint: null };
    expect(await against(ended, 'kill 42')).toMatchObject({ code: 1, stdout: '42: melted\n' });
  });
});

describe('an older server', () => {
  it('leaves what it does not say unknown, in a list and in one session', async () => {
    const older = without(SESSION, 'transaction', 'user', 'own', 'changes');
    const { code, stdout } = await against({ ...LIST, sessions: [older] }, 'sessions');
    expect(code).toBe(0);
    expect(stdout).toMatch(/^42 +tag +\? /m);
    expect(stdout).toContain('? is what the server does not show');
    const shown = await against({ ...without(older, 'tag'), locks: null }, 'show 42');
    expect(shown.stdout).toMatch(/^User +not known: The server does not say it: it may be of an older version\.$/m);
    expect(shown.stdout).toMatch(/^Transaction +not known: The server does not say it/m);
    expect(shown.stdout).toMatch(/^Tag +not known$/m);
    expect(await against(without(HEALTH, 'connections', 'version'), 'health')).toMatchObject({
      code: 0,
      stdout: 'shop: not known, 3 ms\nconnections not known, 1 running, 0 waiting for a lock\n',
    });
    const targets = { targets: [{ name: 'shop', engine: 'mysql', version: '9.7' }] };
    expect(await against(targets, 'targets')).toMatchObject({ code: 0, stdout: expect.stringMatching(/9\.7 +\?/) });
  });

  it('has nothing ended where what it does not say decides, and is said to be of another version', async () => {
    for (const name of ['held', 'victims', 'digest']) {
      const { code, stderr } = await against(without(REAP, name), 'kill --user app --yes');
      expect([code, stderr]).toEqual([
        1,
        expect.stringContaining(`does not say \`${name}\`: it may be of another version`),
      ]);
      expect(asked).toHaveLength(1);
    }
    const { code, stderr } = await against(without({ ...REAP, victims: [without(VICTIM, 'code')] }), 'reap idle');
    expect([code, stderr]).toEqual([1, expect.stringContaining('does not say `victims[0].code`')]);
    const stop = { stopped: true, by: null, since: null };
    expect(await against(stop, 'stop now')).toMatchObject({ code: 1, stderr: expect.stringContaining('`reason`') });
  });
});

describe('what is not Session Warden', () => {
  it.each([
    ['the page of a proxy', '<html>Sign in</html>', 'text/html'],
    ['another service', { status: 'up', checks: [] }, 'application/json'],
    ['a list', [], 'application/json'],
    ['one word', '"ok"', 'application/json'],
    ['null', 'null', 'application/json'],
    ['nothing', '', 'application/json'],
    ['the same field of another kind', { sessions: 3, targets: 'shop', records: {}, total: 1 }, 'application/json'],
  ])('%s is told in a sentence', async (_, body, type) => {
    for (const line of ['sessions', 'show 42', 'targets', 'top', 'health', 'audit', 'kill 42', 'sessions --json'])
      for (const status of [200, 502]) {
        const { code, stdout, stderr } = await against(body, line, { type, status });
        expect([line, code, stdout === '' || line.includes('--json')]).toEqual([line, 1, true]);
        expect(stderr).toMatch(/^The server(?:'s)? answer/);
        expect(stderr).not.toMatch(/\n +at /);
      }
  });

  it('an answer that breaks off is told like none', async () => {
    const cut = createServer((_, response) => {
      response.writeHead(200, { 'content-type': 'application/json', 'content-length': '1000' });
      response.write('{"targets":[', () => response.destroy());
    });
    await new Promise<void>((done) => cut.listen(0, '127.0.0.1', done));
    const { port } = cut.address() as AddressInfo;
    const env = { WARDEN_API: `http://127.0.0.1:${port}`, WARDEN_TOKEN: 't' };
    const { code, stderr } = await ran(['targets'], { env });
    expect([code, stderr]).toEqual([1, expect.stringMatching(/^Nothing answers at http:.*\.\n$/)]);
    cut.close();
  });

  it('a redirect is not followed', async () => {
    const { code, stderr } = await against('<html>Moved</html>', 'targets', { status: 302, type: 'text/html' });
    expect([code, stderr]).toEqual([1, expect.stringContaining('The server answered 302, and no JSON')]);
  });
});

const OPERATIONS = Object.entries(document.paths).flatMap(([path, methods]) =>
  Object.keys(methods).map((method) => ({ path, method })),
);

it('reads anything at all as an answer, as a lack of one, or as none of ours', () => {
  fc.assert(
    fc.property(fc.constantFrom(...OPERATIONS), fc.jsonValue(), (operation, value) => {
      try {
        readAnswer(operation, value);
      } catch (error) {
        expect(error).toMatchObject({ name: 'Failure' });
        expect(error).not.toBeInstanceOf(NotSaid);
      }
    }),
  );
});

it('any fields that are left out are unknown or an error when used, and never none', () => {
  const operation = { path: '/targets/{target}/sessions/{id}', method: 'GET' };
  const whole = { ...SESSION, locks: null };
  fc.assert(
    fc.property(fc.subarray(Object.keys(whole).filter((name) => name !== 'id')), (names) => {
      const read: Readonly<Record<string, unknown>> = readAnswer(operation, without(whole, ...names));
      for (const name of names) {
        const isListed = () =>
          read[name] === null &&
          (read['unknown'] as readonly { readonly field: string }[]).some(({ field }) => field === name);
        try {
          expect(isListed()).toBe(true);
        } catch (error) {
          expect(error).toBeInstanceOf(NotSaid);
        }
      }
      // Nothing that was said is changed.
      expect(read).toMatchObject(without(whole, ...names, 'unknown'));
    }),
  );
});

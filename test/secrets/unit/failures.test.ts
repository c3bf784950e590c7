import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { ROUTES } from '../../../functions/routes.ts';
import { parseChatSecrets } from '../../../lib/chatops/secrets.ts';
import { createUrlDirectory } from '../../../lib/credentials/database-url.ts';
import { targetsFromEnvironment } from '../../../lib/credentials/environment.ts';
import { toCredentials } from '../../../lib/credentials/secret.ts';
import { AppError } from '../../../lib/errors.ts';
import { loadRoutes } from '../../../local/load-routes.ts';
import { writeFigures } from '../../faults/figures.ts';
import { anEvent } from '../../helpers/http-event.ts';
import { FUNCTIONS, good, receiver, SOURCES, send, withHeader } from '../../support/chat/a-receiver.ts';
import { FORGERIES } from '../../support/chat/forgeries.ts';
import { CHAT_SECRETS } from '../../support/chat/secrets.ts';
import { scriptedServices } from '../../support/scripted-services.ts';
import { aSession, running } from '../../unit/lib/reaper/a-session.ts';
import { CANARIES, canariesIn } from '../canary.ts';
import { type Recorder, startRecorder } from '../recorder.ts';

const CONFIG = `access: [{ who: { sub: ops }, targets: ['*'], privileges: [PROCESS, SUPER], users: [app], statements: masked }]
reapers: [{ name: idle-app, targets: ['*'], kill: connection, match: { user: '*' }, victims: all, mode: enforce }]
`;
const BODIES: Readonly<Record<string, unknown>> = {
  'kill-sessions': { kills: [{ id: '42', kind: 'query' }] },
  'preview-reap': { reaper: 'idle-app', dryRun: false },
};
const ALL = Object.values(CANARIES).join(' ');

let recorder: Recorder;
let tried = 0;
let findings = 0;
beforeAll(async () => {
  recorder = await startRecorder();
});
afterAll(() => {
  recorder.stop();
  writeFigures({
    name: 'Secrets in failures',
    tried,
    wrong: null,
    lost: null,
    left: null,
    findings,
    note: 'driver errors that quote SQL, secrets and files that cannot be read, forged webhooks, control characters',
  });
});
beforeEach(({ onTestFailed }) => {
  recorder.record();
  onTestFailed(() => {
    findings += 1;
  });
});
afterEach(() => {
  vi.restoreAllMocks();
  vi.unstubAllEnvs();
});

/** Holds no canary in any encoding. */
function isClean(...texts: readonly string[]): void {
  for (const text of texts) {
    tried += 1;
    expect(canariesIn(text), text.slice(0, 400)).toEqual([]);
  }
}

/** A driver's error, as full of what must not come out as one can be. */
const driverError = (): Error =>
  Object.assign(new Error(`You have an error near '${ALL}'\n    at ${CANARIES.literal} (/a.js:1:1)`), {
    code: 'ER_PARSE_ERROR',
    errno: 1064,
    sqlState: '42000',
    sql: `SELECT '${ALL}'`,
    sqlMessage: `near '${ALL}'`,
    cause: new Error(ALL),
  });

const METHODS = [
  'list',
  'find',
  'compareAndKill',
  'statementRecord',
  'lockWaits',
  'maxConnections',
  'privilegesOf',
  'ownPrivileges',
  'findMissingGrants',
] as const;

describe('a failure that quotes what must not come out', () => {
  it.each(METHODS)('of the driver in %s: neither in answer, record, log, metric nor trace', async (method) => {
    const row = aSession({
      id: '42',
      user: 'app',
      command: 'Query',
      statement: running(`SELECT '${CANARIES.literal}'`),
    });
    const { services, audit, database } = scriptedServices(
      CONFIG.replace('[PROCESS, SUPER]', method === 'privilegesOf' ? 'from-database' : '[PROCESS, SUPER]'),
      { looks: [[row]] },
    );
    let isOver = false;
    database.find = async () => (isOver ? [] : [row]);
    const send = database.compareAndKill.bind(database);
    database.compareAndKill = async (...sent) => {
      isOver = true;
      return send(...sent);
    };
    database[method] = async () => {
      throw driverError();
    };
    const routes = await loadRoutes(async () => services);
    const statuses: number[] = [];
    for (const { name } of ROUTES) {
      isOver = false;
      const route = routes.find((one) => one.name === name);
      const body = BODIES[name];
      const authorizer = { jwt: { claims: { sub: 'ops' } } };
      const answer = await route?.handler(
        anEvent({
          requestContext: { requestId: 'r1', authorizer },
          ...(body !== undefined && { body: JSON.stringify(body) }),
        }),
        {} as never,
      );
      statuses.push(answer?.statusCode ?? 0);
      isClean(JSON.stringify(answer));
    }
    isClean(...audit.records.map((record) => JSON.stringify(record)), ...recorder.lines(), ...recorder.traces());
    expect(recorder.lines().length).toBeGreaterThan(0);
    expect(Math.max(...statuses)).toBeLessThanOrEqual(504);
  });

  it('of opening, of the audit store and of the secrets, neither', async () => {
    const { services } = scriptedServices(CONFIG, { looks: [[]] });
    const fail = async (): Promise<never> => {
      throw driverError();
    };
    const broken = [
      { ...services, open: fail },
      { ...services, audit: { ...services.audit, begin: fail, beginAll: fail, list: fail } },
      { ...services, audit: { ...services.audit, finishAll: fail } },
      { ...services, targets: { ...services.targets, find: fail, list: fail } },
      { ...services, stopped: fail },
      { ...services, idempotency: { once: fail } },
    ];
    for (const one of broken)
      for (const route of await loadRoutes(async () => one)) {
        const body = BODIES[route.name];
        const authorizer = { jwt: { claims: { sub: 'ops' } } };
        const headers = { 'content-type': 'application/json', ...(body !== undefined && { 'idempotency-key': 'k' }) };
        const event = anEvent({
          headers,
          requestContext: { requestId: 'r1', authorizer },
          ...(body !== undefined && { body: JSON.stringify(body) }),
        });
        isClean(JSON.stringify(await route.handler(event, {} as never)));
      }
    for (const route of await loadRoutes(fail)) isClean(JSON.stringify(await route.handler(anEvent(), {} as never)));
    isClean(...recorder.lines(), ...recorder.traces());
  });
});

/** What an error tells, its causes' messages too: a log shows them one day. */
function told(read: () => unknown): string {
  try {
    read();
    return '';
  } catch (error) {
    expect(error).toBeInstanceOf(AppError);
    const parts: string[] = [];
    for (let at = error; at instanceof Error; at = at.cause)
      parts.push(at.name, at.message, at.stack ?? '', JSON.stringify(at));
    return parts.join('\n');
  }
}

describe('a secret or a file that cannot be read', () => {
  const secret = {
    engine: 'mysql',
    host: 'db.example.com',
    port: 3306,
    username: 'warden',
    password: CANARIES.password,
    auth: 'password',
    tls: 'on',
  };

  it('quotes nothing of the secret of a target, however it is broken', () => {
    const field = fc.constantFrom(...Object.keys(secret));
    const bad = fc.oneof(
      fc.jsonValue(),
      fc.constantFrom(
        CANARIES.password,
        [CANARIES.password],
        { [CANARIES.password]: 1 },
        `${CANARIES.password}@x`,
        70_000,
      ),
    );
    fc.assert(
      fc.property(field, bad, fc.nat(), (name, value, cut) => {
        isClean(told(() => toCredentials(JSON.stringify({ ...secret, [name]: value }), 'shop')));
        const text = JSON.stringify(secret);
        isClean(told(() => toCredentials(text.slice(0, cut % text.length), 'shop')));
        isClean(told(() => toCredentials(text.replace('"', value === null ? "'" : ''), 'shop')));
      }),
      { numRuns: 500 },
    );
  });

  it('quotes nothing of a URL, however it is broken', () => {
    const marks = fc.constantFrom(...':/?#@%[] \\"\'&=+;,\0\n', '%zz', '://', '');
    fc.assert(
      fc.property(marks, marks, marks, marks, (a, b, c, d) => {
        const url = `mysql${a}${a === '' ? '://' : ''}user:${b}${CANARIES.password}${c}@host${d}:3306/db`;
        isClean(told(() => createUrlDirectory(new Map([['local', url]]))));
        isClean(told(() => createUrlDirectory(new Map([['local', `${CANARIES.password}${b}`]]))));
      }),
      { numRuns: 2_000 },
    );
  });

  it('quotes nothing of a file of targets, nor of the secret of the chats', () => {
    const folder = mkdtempSync(join(tmpdir(), 'warden-secrets-'));
    const file = join(folder, 'targets.yaml');
    const marks = fc.constantFrom(...':{}[]*&!|>%@`"\'#-?, \n\t', '{a: ', '');
    try {
      fc.assert(
        fc.property(marks, marks, (before, after) => {
          writeFileSync(file, `shop: ${before}mysql://u:${CANARIES.password}@h/${after}\n`);
          isClean(told(() => createUrlDirectory(targetsFromEnvironment({ TARGETS: file }))));
        }),
        { numRuns: 500 },
      );
    } finally {
      rmSync(folder, { recursive: true });
    }
    const text = JSON.stringify({ ...CHAT_SECRETS, slack: { ...CHAT_SECRETS.slack, signingSecret: CANARIES.token } });
    for (let cut = 0; cut < text.length; cut++) isClean(told(() => parseChatSecrets(text.slice(0, cut))));
    for (const wrong of [[CANARIES.token], { x: CANARIES.token }, `${CANARIES.token}\n`.repeat(500), ''])
      for (const name of ['signingSecret', 'app', 'teams', 'botToken', 'places'])
        isClean(
          told(() =>
            parseChatSecrets(
              JSON.stringify({ slack: { signingSecret: CANARIES.token, app: 'a', teams: ['T'], [name]: wrong } }),
            ),
          ),
        );
    isClean(told(() => parseChatSecrets(JSON.stringify({ webhook: { deployer: CANARIES.token } }))));
  });
});

describe('a webhook that is not surely whose it says', () => {
  const secrets = parseChatSecrets(
    JSON.stringify({
      ...CHAT_SECRETS,
      slack: { ...CHAT_SECRETS.slack, signingSecret: CANARIES.token },
      feishu: {
        ...CHAT_SECRETS.feishu,
        appSecret: CANARIES.token,
        encryptKey: CANARIES.token,
        verificationToken: CANARIES.token,
      },
      dingtalk: { ...CHAT_SECRETS.dingtalk, appSecret: CANARIES.token },
      webhook: { deployer: `whsec_${CANARIES.token.padEnd(32, 'x')}` },
      alert: { prod: { from: 'alertmanager', secret: CANARIES.token.padEnd(16, 'x') } },
    }),
  );

  it.each(FORGERIES.map(([what, name, request, source = SOURCES[name]]) => ({ what, name, request, source })))(
    'learns nothing of a secret: $what at $name',
    async ({ name, request, source }) => {
      const answer = await send(name, request(), source, secrets);
      expect(answer.statusCode).toBeGreaterThanOrEqual(400);
      isClean(JSON.stringify(answer), ...recorder.lines());
    },
  );

  it.each(Object.keys(good) as (keyof typeof good)[])(
    'that bears a secret itself finds it nowhere again: %s',
    async (name) => {
      const request = good[name]();
      const bearing = { ...withHeader(request, 'x-extra', CANARIES.token), body: `${request.body}&${ALL}` };
      const forged = withHeader(bearing, 'authorization', `Bearer ${CANARIES.token}`);
      const signed = Object.keys(request.headers).find((header) => /sign/i.test(header));
      const answer = await send(
        name,
        signed === undefined ? forged : withHeader(forged, signed, CANARIES.token),
        SOURCES[name],
        secrets,
      );
      isClean(JSON.stringify(answer), ...recorder.lines());
    },
  );
});

describe('control characters', () => {
  const EVIL = '\r\n{"level":"ERROR","message":"forged"}\u001b[31m\u001b]0;x\u0007\u2028\u202e\0';

  it('make no second log line, no header and no command for a terminal, wherever they stand', async () => {
    const row = aSession({
      id: '42',
      user: `app${EVIL}`,
      host: `h${EVIL}:1`,
      db: EVIL,
      state: EVIL,
      command: 'Query',
      statement: running(`SELECT 1 ${EVIL} FROM \`a${EVIL}\``),
    });
    const { services, audit } = scriptedServices(
      `access: [{ who: { sub: '*' }, targets: ['*'], privileges: [PROCESS, SUPER] }]`,
      { looks: [[row], [row], []] },
    );
    const encoded = encodeURIComponent(EVIL.toWellFormed());
    for (const route of await loadRoutes(async () => services))
      for (const over of [
        {},
        { pathParameters: { target: EVIL, id: '42' } },
        { pathParameters: { target: 'local', id: EVIL } },
        { rawPath: `/a${EVIL}` },
        { rawQueryString: `reason=${encoded}` },
        { rawQueryString: `${encoded}=x` },
        { headers: { 'content-type': EVIL, 'if-match': EVIL } },
        { headers: { 'idempotency-key': EVIL } },
        { body: EVIL },
        { body: JSON.stringify({ [EVIL]: EVIL }) },
        { requestContext: { requestId: EVIL, authorizer: { jwt: { claims: { sub: `ops${EVIL}` } } } } },
      ]) {
        const authorizer = { jwt: { claims: { sub: `ops${EVIL}` } } };
        const answer = await route.handler(
          anEvent({ requestContext: { requestId: 'r1', authorizer }, ...over }),
          {} as never,
        );
        tried += 1;
        for (const [name, value] of Object.entries(answer.headers))
          expect([name, value]).toEqual([name, value.replace(/[\p{Cc}\u2028]/gu, '')]);
        expect(answer.body).not.toMatch(/[^\P{Cc}\n\t]/u);
      }
    for (const name of Object.keys(FUNCTIONS) as (keyof typeof FUNCTIONS)[])
      await FUNCTIONS[name].createHandler(receiver())({
        headers: { a: EVIL },
        body: EVIL,
        pathParameters: { source: EVIL },
        requestContext: { requestId: EVIL },
      });
    expect(recorder.lines().length).toBeGreaterThan(10);
    for (const line of recorder.lines()) {
      tried += 1;
      // Powertools writes each as one line of JSON; what a caller wrote stands in it escaped.
      expect(line.trimEnd()).not.toMatch(/\p{Cc}/u);
      expect(JSON.parse(line)).not.toMatchObject({ message: 'forged' });
    }
    for (const { statement } of audit.records) expect(statement ?? '').not.toMatch(/[\p{Cc}\p{Cf}\u2028\u2029]/u);
  });
});

import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SignJWT } from 'jose';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { parseConfig } from '../../../lib/config/config.ts';
import { createGateway } from '../../../local/gateway/gateway.ts';
import { loadRoutes } from '../../../local/gateway/load-routes.ts';
import { serve } from '../../../local/serve/serve.ts';
import { Endings } from '../../../local/serving.ts';
import { aDeployment, DEPLOYMENT } from './a-deployment.ts';
import { aShop } from './a-shop.ts';
import { ran } from './a-world.ts';

const shop = aShop();
// The server is scripted; the rest is as on any machine.
vi.mock(import('../../../local/services.ts'), async (original) => ({
  ...(await original()),
  createLocalServices: () => ({ ...shop.services, close: () => {} }),
}));

const folder = mkdtempSync(join(tmpdir(), 'warden-golden-'));
const TOKEN = 'a-token-that-somebody-chose';
const endings = new Endings();
type Env = Readonly<Record<string, string>>;
const WAYS: Record<string, Env> = {};
let deployment: Awaited<ReturnType<typeof aDeployment>>;

async function jwt(audience: string): Promise<string> {
  const token = new SignJWT({ groups: ['operator'], client_id: 'warden-cli' });
  return token
    .setProtectedHeader({ alg: 'HS256' })
    .setSubject('ada')
    .setIssuer(DEPLOYMENT.issuer)
    .setAudience(audience)
    .setExpirationTime('5m')
    .sign(DEPLOYMENT.key);
}

beforeAll(async () => {
  const gateway = createGateway(await loadRoutes(async () => shop.services), TOKEN).listen(0, '127.0.0.1');
  await once(gateway, 'listening');
  endings.add(() => gateway.close());
  const { port } = await serve(
    {
      config: parseConfig('access: []', 'test'),
      targets: new Map([['shop', 'mysql://nobody@127.0.0.1:1']]),
      audit: join(folder, 'audit.sqlite'),
      token: TOKEN,
      address: { host: '127.0.0.1', port: 0 },
    },
    endings,
  );
  deployment = await aDeployment(shop.services);
  endings.add(() => deployment.close());
  vi.stubGlobal('fetch', deployment.fetch);
  const at = (address: AddressInfo | string | null) => String((address as AddressInfo).port);
  Object.assign(WAYS, {
    DATABASE_URL: { DATABASE_URL: 'mysql://nobody@127.0.0.1:1' },
    'the gateway': { PORT: at(gateway.address()), WARDEN_TOKEN: TOKEN },
    'warden serve': { WARDEN_API: `http://127.0.0.1:${port}`, WARDEN_TOKEN: TOKEN },
    'a deployment, by token': { WARDEN_API: deployment.url, WARDEN_TOKEN: await jwt(DEPLOYMENT.audience) },
    'a deployment, by signature': { WARDEN_API: deployment.url },
  });
});
beforeEach(() => {
  const { accessKeyId, secretAccessKey, sessionToken } = DEPLOYMENT.credentials;
  vi.stubEnv('AWS_ACCESS_KEY_ID', accessKeyId);
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', secretAccessKey);
  vi.stubEnv('AWS_SESSION_TOKEN', sessionToken);
});
afterAll(async () => {
  vi.unstubAllGlobals();
  vi.unstubAllEnvs();
  await endings.endAll();
  rmSync(folder, { recursive: true, force: true });
});

const LINES: Readonly<Record<string, readonly string[]>> = {
  targets: ['targets'],
  sessions: ['sessions'],
  'sessions-idle': ['sessions', '--user', 'app_*', '--idle', '10m', '--sort', 'id'],
  'sessions-limit': ['sessions', '--limit', '3', '--sort', '-time'],
  show: ['show', '121'],
  top: ['top'],
  'top-by-db': ['top', '--by', 'db', '--no-in-transaction'],
  blockers: ['blockers'],
  health: ['health'],
  reap: ['reap', 'idle-web'],
  'kill-dry-run': ['kill', '--user', 'app_web', '--idle', '5m', '--dry-run'],
  'not-there': ['show', '9'],
};

describe.each(Object.entries(LINES))('warden %s', (name, line) => {
  it.each([80, 200])('looks like this on %i columns, no matter which API answers', async (columns) => {
    const file = `./golden/${name}-${columns}.txt`;
    const seen: Record<string, string> = {};
    for (const [way, env] of Object.entries(WAYS)) {
      const args = name === 'targets' ? line : [...line, '--target', 'shop'];
      const { code, stdout, stderr } = await ran(args, { env, columns });
      // Milliseconds are the machine's.
      const shown = `${stdout}${stderr}`.replaceAll(/[\d.]+ ms/g, '… ms');
      seen[way] = `$ warden ${line.join(' ')}\n${shown}exit code ${code}\n`;
    }
    const [first = '', ...others] = Object.values(seen);
    await expect(first).toMatchFileSnapshot(file);
    expect(others).toEqual(others.map(() => first));
    for (const printed of first.split('\n').filter((_, at) => at > 0)) expect(printed).not.toMatch(/[^\P{Cc}\n]/u);
  });
});

describe('who is not let in', () => {
  it('by a deployment: a token for someone else, and a signature by another key', async () => {
    const WARDEN_TOKEN = await jwt('another program');
    const env = { WARDEN_API: deployment.url };
    const line = ['health', '--target', 'shop'];
    expect(await ran(line, { env: { ...env, WARDEN_TOKEN } })).toMatchObject({ code: 1, stderr: 'Unauthorized\n' });
    vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'another key');
    expect(await ran(line, { env })).toMatchObject({ code: 1, stderr: 'Unauthorized\n' });
  });

  it('by a deployment without a token: whose credentials cannot be found', async () => {
    for (const name of ['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY', 'AWS_SESSION_TOKEN', 'AWS_PROFILE'])
      vi.stubEnv(name, '');
    vi.stubEnv('AWS_EC2_METADATA_DISABLED', 'true');
    vi.stubEnv('AWS_CONFIG_FILE', join(folder, 'none'));
    vi.stubEnv('AWS_SHARED_CREDENTIALS_FILE', join(folder, 'none'));
    const { code, stderr } = await ran(['targets'], { env: { WARDEN_API: deployment.url } });
    expect({ code, stderr }).toEqual({
      code: 2,
      stderr: expect.stringContaining('neither WARDEN_TOKEN nor --token-file'),
    });
  });

  it('sends neither a token nor a signature in the clear, and plays no one at a deployment', async () => {
    const plain = await ran(['targets', '--api', 'http://warden.example.com'], { env: { WARDEN_TOKEN: TOKEN } });
    expect(plain).toMatchObject({ code: 2, stderr: expect.stringContaining('write https://') });
    const played = await ran(['targets', '--as', 'eve'], { env: { WARDEN_API: deployment.url } });
    expect(played).toMatchObject({ code: 2, stderr: expect.stringContaining('on this machine only') });
  });

  it('follows no redirect, with its token in hand', async () => {
    let asked = 0;
    const elsewhere = createServer((_, response) => {
      asked++;
      response.end('{}');
    }).listen(0, '127.0.0.1');
    await once(elsewhere, 'listening');
    const location = `http://127.0.0.1:${(elsewhere.address() as AddressInfo).port}/targets`;
    const away = createServer((_, response) => response.writeHead(302, { location }).end()).listen(0, '127.0.0.1');
    await once(away, 'listening');
    const WARDEN_API = `http://127.0.0.1:${(away.address() as AddressInfo).port}`;
    const { code, stderr } = await ran(['targets'], { env: { WARDEN_API, WARDEN_TOKEN: TOKEN } });
    expect({ code, stderr, asked }).toEqual({ code: 1, stderr: expect.stringContaining('302'), asked: 0 });
    for (const server of [elsewhere, away]) server.close();
  });

  it('plays someone else on this machine, by each way', async () => {
    for (const way of ['DATABASE_URL', 'the gateway', 'warden serve']) {
      const env = WAYS[way] ?? {};
      const asEve = await ran(['show', '121', '--target', 'shop', '--as', 'eve:dev'], { env });
      expect([way, asEve]).toEqual([
        way,
        expect.objectContaining({ code: 1, stderr: expect.stringContaining('does not exist') }),
      ]);
      const asOperator = await ran(['show', '121', '--target', 'shop', '--as', 'eve:dev,operator'], { env });
      expect([way, asOperator.code]).toEqual([way, 0]);
    }
  });
});

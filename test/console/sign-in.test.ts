import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { createIdempotency } from '../../lib/state/idempotency.ts';
import { createMemoryPersistence } from '../../local/stores/memory-persistence.ts';
import { Client, servicesFor, urlAs } from '../engines/a-server.ts';
import { engines } from '../engines/engines.ts';
import { aDeployment } from './a-deployment.ts';
import { AUDIENCE, anImpostor, anIssuer, CLIENT_ID, RESOURCE } from './an-issuer.ts';
import { CHROMIUM, eventually, NO_BROWSER, Pages, rowOf, seriousProblems, serveConsole } from './browser.ts';

const { url = '' } = engines.find(({ name }) => name === 'oceanbase') ?? {};
const ASKED = { clientId: CLIENT_ID, scope: 'openid warden/kill', resource: RESOURCE };
const FILES = ['index.html', 'app.js', 'app.css', 'issuer.js'];

const kept = (page: Page) => page.evaluate('localStorage.length + sessionStorage.length + document.cookie.length');

describe.skipIf(!url || !CHROMIUM)(`a deployment's console, signed in to at a real issuer${NO_BROWSER}`, () => {
  const services = { ...servicesFor(url), idempotency: createIdempotency(async () => createMemoryPersistence()) };
  const folder = mkdtempSync(join(tmpdir(), 'warden-console-'));
  const pages = new Pages();
  const more: { close(): void }[] = [];
  let root: Client;
  let deployment: Awaited<ReturnType<typeof aDeployment>>;
  let issuer: Awaited<ReturnType<typeof anIssuer>>;

  /** One whose people are sent elsewhere. */
  const deployedFor = async (signInAt: string, asked: object = {}) => {
    const other = await aDeployment(services, folder);
    more.push(other);
    await other.signInAt({ issuer: signInAt, ...ASKED, ...asked });
    return other;
  };
  const signIn = async (page: Page) => {
    await page.getByRole('button', { name: /^Sign in/ }).click();
    await page.getByRole('button', { name: 'Sign in as ada' }).click();
  };

  beforeAll(async () => {
    root = await Client.open(url);
    await root.connection.query("CREATE USER IF NOT EXISTS con_ada IDENTIFIED BY 'pw'");
    deployment = await aDeployment(services, folder);
    issuer = await anIssuer([deployment.address]);
    await deployment.signInAt({ issuer: issuer.address, ...ASKED });
  });
  afterEach(async () => {
    await pages.close();
    for (const one of more.splice(0)) one.close();
    Object.assign(issuer.manners, { life: 600, givesRefreshTokens: false, audience: AUDIENCE });
    deployment.came.length = 0;
    deployment.clock.aheadMs = 0;
  });
  afterAll(async () => {
    await pages.end();
    deployment.close();
    issuer.close();
    await root.run('DROP USER con_ada');
    root.close();
    rmSync(folder, { recursive: true, force: true });
  });

  it('serves from its bundle the bytes that warden serve serves, and lets the page ask its issuer besides', async () => {
    const local = await serveConsole(services, 'a-token-of-twenty-letters');
    more.push(local);
    const read = async (address: string, path: string, headers = {}) => {
      const answer = await fetch(`${address}/console/${path}`, { headers, redirect: 'manual' });
      const {
        'x-request-id': _,
        date: __,
        'content-security-policy': policy,
        ...own
      } = Object.fromEntries(answer.headers);
      return { status: answer.status, bytes: await answer.text(), policy, own };
    };
    for (const file of ['', ...FILES])
      for (const encoding of ['gzip, br', 'identity']) {
        const [here, there] = [local, deployment].map(({ address }) =>
          read(address, file, { 'accept-encoding': encoding }),
        );
        const [mine, theirs] = [await here, await there];
        expect(mine?.status, file).toBe(200);
        expect(theirs?.bytes, file).toBe(mine?.bytes);
        expect(theirs?.policy).toBe(
          mine?.policy?.replace("connect-src 'self'", `connect-src 'self' ${issuer.address}`),
        );
        expect(theirs?.own['etag']).toBe(mine?.own['etag']);
        expect(theirs?.own['content-encoding']).toBe(encoding === 'identity' ? undefined : 'gzip');
        expect(
          (
            await read(deployment.address, file, {
              'if-none-match': mine?.own['etag'] ?? '',
              'accept-encoding': encoding,
            })
          ).status,
        ).toBe(304);
      }
    expect((await read(deployment.address, 'build.ts')).status).toBe(404);
    expect((await read(deployment.address, '..%2findex.mjs')).status).toBe(404);
    expect(await (await fetch(`${deployment.address}/console`)).text()).toContain('<title>Session Warden</title>');
  });

  it('signs in and shows the sessions; no token is kept, and none goes elsewhere', async () => {
    const client = await Client.open(urlAs(url, 'con_ada', 'pw'));
    const page = await pages.open(deployment.address);
    const bearers = new Set<string>();
    const addresses: string[] = [];
    page.on('request', (request) => {
      addresses.push(request.url());
      if (request.headers()['authorization'] !== undefined) bearers.add(new URL(request.url()).origin);
    });
    await page.getByRole('button', { name: 'Sign in' }).waitFor();
    expect(await seriousProblems(page)).toEqual([]);
    expect(deployment.came).toEqual([]);
    // The button has the keyboard.
    await page.keyboard.press('Enter');
    await page.getByRole('button', { name: 'Sign in as ada' }).click();
    await rowOf(page, client.id).waitFor();
    expect(page.url()).toBe(`${deployment.address}/console/index.html`);
    expect(await kept(page)).toBe(0);
    const tokens = new Set(deployment.came.map(({ token }) => token));
    expect(tokens.size).toBe(1);
    for (const token of tokens) expect(addresses.filter((one) => one.includes(token))).toEqual([]);
    expect([...bearers]).toEqual([deployment.address]);
    // Whom they end is ended in their name.
    await rowOf(page, client.id).getByRole('checkbox').click();
    await page.keyboard.press('k');
    await page.keyboard.press('Enter');
    await page.getByText('1 ended').waitFor();
    const [record] = await services.audit.list({ limit: 1 });
    expect(record).toMatchObject({
      principal: { subject: 'ada' },
      caller: { issuer: issuer.address, client: CLIENT_ID },
    });
    client.close();
  });

  it('says when the sign-in has expired, and comes back to where one was', async () => {
    const client = await Client.open(urlAs(url, 'con_ada', 'pw'));
    const page = await pages.open(deployment.address);
    await signIn(page);
    await page.getByRole('searchbox').fill('user=con_ada');
    await rowOf(page, client.id).getByRole('checkbox').click();
    deployment.clock.aheadMs = 3_600_000;
    await page.getByRole('alert').getByText('Your sign-in has expired.').waitFor();
    expect(await seriousProblems(page)).toEqual([]);
    const before = deployment.came.length;
    deployment.clock.aheadMs = 0;
    // The issuer still knows who it is.
    await page.keyboard.press('Enter');
    await rowOf(page, client.id).waitFor();
    expect(await page.getByRole('searchbox').inputValue()).toBe('user=con_ada');
    expect(await page.getByRole('region', { name: 'Selection' }).textContent()).toContain('1 selected');
    expect(await kept(page)).toBe(0);
    expect(deployment.came.length).toBeGreaterThan(before);
    client.close();
  });

  it('renews a token where the issuer lets it, without a word, and has it taken back at the end', async () => {
    Object.assign(issuer.manners, { life: 2, givesRefreshTokens: true });
    const page = await pages.open(deployment.address);
    await signIn(page);
    const tokens = () => new Set(deployment.came.map(({ token }) => token)).size;
    await eventually(async () => tokens()).toBeGreaterThan(1);
    expect(await page.getByRole('alert').count()).toBe(0);
    issuer.takenBack.length = 0;
    await page.getByRole('button', { name: 'Sign out' }).click();
    await page.getByRole('button', { name: 'Sign out everywhere' }).click();
    await page.getByRole('button', { name: 'Sign in' }).waitFor();
    expect(issuer.takenBack).toHaveLength(1);
  });

  it('signs out here and at the issuer, where one is asked again then', async () => {
    const page = await pages.open(deployment.address);
    await signIn(page);
    await page.getByRole('grid').waitFor();
    await page.getByRole('button', { name: 'Sign out' }).click();
    await page.getByRole('button', { name: 'Sign out everywhere' }).click();
    await page.getByRole('button', { name: 'Sign in' }).waitFor();
    expect(page.url()).toBe(`${deployment.address}/console/index.html`);
    expect(await kept(page)).toBe(0);
    expect(await page.getByRole('alert').count()).toBe(0);
    await signIn(page);
    await page.getByRole('grid').waitFor();
  });

  it('says that one was refused, and signs in at the second try', async () => {
    const page = await pages.open(deployment.address);
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.getByRole('button', { name: 'Cancel' }).waitFor();
    await page.goBack();
    expect(await kept(page)).toBe(0);
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.getByRole('button', { name: 'Cancel' }).click();
    const alert = page.getByRole('alert').filter({ hasText: 'You were not signed in.' });
    await alert.getByText('access_denied: ada <b>pressed</b> Cancel').waitFor();
    expect(page.url()).toBe(`${deployment.address}/console/index.html`);
    expect(deployment.came).toEqual([]);
    await signIn(page);
    await page.getByRole('grid').waitFor();
  });

  it.each([['in its account'], ['in its answer']] as const)(
    'asks nothing of an issuer that is another %s',
    async (how) => {
      const impostor = await anImpostor(how);
      more.push(impostor);
      const other = await deployedFor(impostor.address);
      const page = await pages.open(other.address);
      await page.getByRole('button', { name: 'Sign in' }).click();
      const alert = page.getByRole('alert').filter({ hasText: 'not one of the issuer that was configured' });
      await alert.getByText('Nothing was sent to the API.').waitFor();
      expect(new URL(page.url()).search).toBe('');
      expect(await seriousProblems(page)).toEqual([]);
      expect(await kept(page)).toBe(0);
      expect([other.came, impostor.tokens]).toEqual([[], []]);
    },
  );

  it('takes no answer to what was not begun in this tab, nor to another question than it asked', async () => {
    const forged = `/console/index.html?code=theirs&state=x&iss=${issuer.address}`;
    const page = await pages.open(deployment.address, {}, forged);
    await page.getByRole('alert').getByText('This sign-in was not begun in this tab.').waitFor();
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.getByRole('button', { name: 'Cancel' }).waitFor();
    await page.goto(`${deployment.address}${forged}`);
    await page.getByRole('alert').getByText('"state"').waitFor();
    expect(page.url()).toBe(`${deployment.address}/console/index.html`);
    expect(await kept(page)).toBe(0);
    expect(deployment.came).toEqual([]);
  });

  it('says that the API takes no such token, and that an issuer is not there', async () => {
    issuer.manners.audience = 'of-another-api';
    const page = await pages.open(deployment.address);
    await signIn(page);
    await page.getByRole('alert').getByText('The API does not take the token of your sign-in.').waitFor();
    const gone = await anImpostor('in its answer');
    gone.close();
    const other = await deployedFor(gone.address);
    await page.goto(`${other.address}/console`);
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.getByRole('alert').getByText('The issuer cannot be reached.').waitFor();
  });
});

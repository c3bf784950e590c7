import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { createIdempotency } from '../../lib/state/idempotency.ts';
import { createMemoryPersistence } from '../../local/stores/memory-persistence.ts';
import { Client, isRunning, leave, list, seen, servicesFor, urlAs } from '../engines/a-server.ts';
import { engines } from '../engines/engines.ts';
import { CHROMIUM, eventually, NO_BROWSER, overflow, Pages, rowOf, seriousProblems, serveConsole } from './browser.ts';

const { url = '' } = engines.find(({ name }) => name === 'oceanbase') ?? {};
const USERS = ['con_app', 'con_web'] as const;

describe.skipIf(!url || !CHROMIUM)(`the console on the kernel of oceanbase${NO_BROWSER}`, () => {
  const services = { ...servicesFor(url), idempotency: createIdempotency(async () => createMemoryPersistence()) };
  const pages = new Pages();
  const clients: Client[] = [];
  let root: Client;
  let served: Awaited<ReturnType<typeof serveConsole>>;

  const open = async (user: (typeof USERS)[number]): Promise<Client> => {
    const client = await Client.open(urlAs(url, user, 'pw'));
    client.connection.on('error', () => {});
    clients.push(client);
    return client;
  };
  const openMany = (user: (typeof USERS)[number], count: number) =>
    Promise.all(Array.from({ length: count }, () => open(user)));

  beforeAll(async () => {
    root = await Client.open(url);
    await root.connection.query('CREATE DATABASE IF NOT EXISTS con_shop');
    await root.connection.query('CREATE TABLE IF NOT EXISTS con_shop.orders (id INT PRIMARY KEY, amount INT)');
    await root.connection.query('REPLACE INTO con_shop.orders VALUES (1, 1)');
    for (const user of USERS) {
      await root.connection.query(`CREATE USER IF NOT EXISTS ${user} IDENTIFIED BY 'pw'`);
      await root.connection.query(`GRANT ALL ON con_shop.* TO ${user}`);
    }
    served = await serveConsole(services);
  });
  afterEach(async () => {
    await leave(root, clients);
    await pages.close();
  });
  afterAll(async () => {
    await pages.end();
    await served.close();
    await root.run('DROP DATABASE con_shop');
    for (const user of USERS) await root.run(`DROP USER ${user}`);
    root.close();
  });

  it('lists, filters and counts, and keeps what was picked while it reads again', async () => {
    const [app, web] = [await open('con_app'), await open('con_web')];
    const page = await pages.open(served.address);
    await rowOf(page, app.id).getByRole('checkbox').click();
    await page.getByRole('searchbox', { name: 'Filter' }).fill('user=con_*');
    await rowOf(page, web.id).waitFor();
    await eventually(() => page.locator('.all .row').count()).toBe(2);
    await page.getByRole('searchbox').fill('user=con_web');
    await rowOf(page, app.id).waitFor({ state: 'detached' });
    await page.getByRole('searchbox').fill('idle>x');
    await page.getByText('idle>5m').waitFor();
    await page.getByRole('searchbox').fill('');
    // A group is a filter that one need not write, and a new session is there without being asked for.
    const late = await open('con_web');
    await page.getByRole('button', { name: /^con_web 2$/ }).click();
    await rowOf(page, late.id).waitFor();
    expect(await page.getByRole('searchbox').inputValue()).toBe('user=con_web');
    expect(await page.getByRole('region', { name: 'Selection' }).textContent()).toContain('1 selected');
  });

  it('ends fifty at once, tells what became of each, and the record has the reason', async () => {
    await openMany('con_app', 50);
    const other = await open('con_web');
    const page = await pages.open(served.address);
    await page.getByRole('searchbox').fill('user=con_app');
    await eventually(() => page.getByRole('grid').getAttribute('aria-rowcount')).toBe('51');
    await page.getByRole('checkbox', { name: 'Select all that are shown' }).click();
    await page.getByRole('button', { name: 'End sessions' }).click();
    const dialog = page.getByRole('dialog', { name: 'End 50 sessions?' });
    expect(await dialog.getByRole('listitem').count()).toBe(50);
    await dialog.getByLabel('Reason').fill('fifty <b>too many</b>');
    await dialog.getByRole('button', { name: 'End 50 sessions' }).click();
    await page.getByText('50 ended').waitFor();
    await page.getByRole('button', { name: 'Close' }).click();
    await eventually(async () => (await list(services)).filter(({ user }) => user === 'con_app')).toEqual([]);
    expect(await other.isAlive()).toBe(true);
    await page.getByRole('button', { name: 'Record', exact: true }).click();
    await eventually(() => page.getByRole('cell', { name: 'fifty <b>too many</b>' }).count()).toBe(50);
  });

  it('cancels a statement by keyboard alone, and the session lives', async () => {
    const client = await open('con_app');
    const statement = client.run('SELECT SLEEP(600)');
    await seen(services, client.id, isRunning);
    const page = await pages.open(served.address);
    await rowOf(page, client.id).waitFor();
    // Typed as fast as the keys come, and from another view: no digit of the ID may lead elsewhere.
    await page.keyboard.press('4');
    await page.keyboard.press('/');
    await page.keyboard.type(`id=${client.id}`);
    await page.keyboard.press('Enter');
    await eventually(() => page.getByRole('grid').getAttribute('aria-activedescendant')).toBe(`row-${client.id}`);
    await page.keyboard.press('Space');
    expect(await rowOf(page, client.id).getAttribute('aria-selected')).toBe('true');
    await page.keyboard.press('c');
    await page.getByRole('dialog', { name: 'Cancel 1 statement?' }).getByText('SELECT SLEEP(?)').waitFor();
    await page.keyboard.type('by hand');
    await page.keyboard.press('Enter');
    await page.getByText('1 statement cancelled').waitFor();
    await page.keyboard.press('Escape');
    await statement;
    expect(await client.isAlive()).toBe(true);
    expect(await page.evaluate('document.activeElement.getAttribute("role")')).toBe('grid');
    await page.keyboard.press('?');
    await page.getByRole('dialog', { name: 'Keys' }).waitFor();
  });

  it('leaves alone a session that does something else by now', async () => {
    const client = await open('con_app');
    const first = client.run('SELECT SLEEP(601)');
    await seen(services, client.id, isRunning);
    const page = await pages.open(served.address);
    await rowOf(page, client.id).getByRole('checkbox').click();
    await root.run(`KILL QUERY ${client.id}`);
    await first;
    const second = client.run('SELECT 2, SLEEP(602)');
    await rowOf(page, client.id).getByText('SELECT ?, SLEEP(?)').waitFor();
    await page.keyboard.press('c');
    const dialog = page.getByRole('dialog', { name: 'Cancel 0 statements?' });
    await dialog.getByText('left alone: runs another statement by now').waitFor();
    expect(await dialog.getByRole('button', { name: 'Cancel 0 statements' }).isDisabled()).toBe(true);
    await page.keyboard.press('Escape');
    expect(isRunning(await seen(services, client.id, isRunning))).toBe(true);
    await root.run(`KILL QUERY ${client.id}`);
    await second;
  });

  it('shows who blocks whom as a tree, ends the root, and the one that waited goes on', async () => {
    const [holder, waiter] = [await open('con_app'), await open('con_web')];
    await holder.connection.beginTransaction();
    await holder.connection.query('UPDATE con_shop.orders SET amount = 2 WHERE id = 1');
    const waited = waiter.run('UPDATE con_shop.orders SET amount = 3 WHERE id = 1');
    await seen(services, waiter.id, isRunning);
    const page = await pages.open(served.address);
    await rowOf(page, holder.id).getByText('blocks 1').waitFor();
    await rowOf(page, waiter.id).getByText('waits for a lock').waitFor();
    await page.keyboard.press('2');
    const root = page.getByRole('listitem').filter({ has: page.getByRole('button', { name: `End ${holder.id} …` }) });
    await root.getByRole('listitem').getByRole('button', { name: waiter.id }).waitFor();
    expect(await seriousProblems(page)).toEqual([]);
    await root.getByRole('button', { name: `End ${holder.id} …` }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'End 1 session' }).click();
    await page.getByText('1 ended').waitFor();
    expect(await waited).toBe(0);
    await page.getByRole('button', { name: 'Close' }).click();
    await page.getByText('No session waits for another.').waitFor();
  });

  it('is usable on a telephone', async () => {
    const client = await open('con_app');
    const page = await pages.open(served.address, {
      viewport: { width: 390, height: 844 },
      hasTouch: true,
      isMobile: true,
    });
    await page.getByRole('searchbox').fill(`id=${client.id}`);
    await rowOf(page, client.id).getByText('con_app').tap();
    await page.getByRole('complementary', { name: `Session ${client.id}` }).waitFor();
    expect(await overflow(page)).toBe(0);
    await page.getByRole('button', { name: 'End session', exact: true }).tap();
    expect(await overflow(page)).toBe(0);
    await page.getByRole('dialog').getByRole('button', { name: 'End 1 session' }).tap();
    await page.getByText('1 ended').waitFor();
    await page.getByRole('button', { name: 'Close' }).last().tap();
    for (const name of ['Blockers', 'Reapers', 'Record', 'Health']) {
      await page.getByRole('button', { name, exact: true }).tap();
      await page.getByRole('heading', { level: 2 }).waitFor();
      expect(await overflow(page), name).toBe(0);
    }
  });

  it.each([
    ['light', undefined],
    ['dark', 'color-contrast'],
  ] as const)('has nothing that axe calls serious, %s', async (colorScheme, rule) => {
    const client = await open('con_app');
    const page = await pages.open(served.address, { colorScheme, reducedMotion: 'reduce' });
    await rowOf(page, client.id).click();
    await rowOf(page, client.id).getByRole('checkbox').click();
    await page.getByRole('complementary', { name: `Session ${client.id}` }).waitFor();
    expect(await seriousProblems(page, rule)).toEqual([]);
    await page.keyboard.press('k');
    await page.getByRole('dialog').waitFor();
    expect(await seriousProblems(page, rule)).toEqual([]);
    await page.keyboard.press('Escape');
    for (const key of ['3', '4', '5', '?']) {
      await page.keyboard.press(key);
      await page.getByRole('heading', { level: 2 }).last().waitFor();
      expect(await seriousProblems(page, rule), key).toEqual([]);
    }
  });
});

import { gzipSync } from 'node:zlib';
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import { buildConsole } from '../../console/build.ts';
import { AppError } from '../../lib/errors.ts';
import type { Services } from '../../lib/services.ts';
import type { LockWait } from '../../lib/sessions/lock-wait.ts';
import { type Session, sessionId } from '../../lib/sessions/session.ts';
import { scriptedServices } from '../support/scripted-services.ts';
import { aSession, aWait, running } from '../unit/lib/reaper/a-session.ts';
import { CHROMIUM, eventually, NO_BROWSER, overflow, Pages, rowOf, seriousProblems, serveConsole } from './browser.ts';

const RULES = `access:
  - { who: { group: operator }, targets: ['*'], privileges: [PROCESS, SUPER], statements: full }
limits: { killsPerMinute: 100000 }
`;

/** A server as a test wants it: what it lists, and what becomes of whoever is killed there. */
class World {
  sessions: readonly Session[] = [];
  waits: readonly LockWait[] = [];
  failure: AppError | undefined;
  locksFailure: AppError | undefined;
  readonly services: Services;
  readonly ended: string[] = [];

  constructor() {
    const { services, database } = scriptedServices(RULES, {});
    const find = async (ids?: readonly string[]) => {
      if (this.failure) throw this.failure;
      return this.sessions.filter(({ id }) => ids?.includes(id) ?? true);
    };
    const scripted: typeof database = {
      ...database,
      list: find,
      find,
      lockWaits: async () => {
        if (this.locksFailure) throw this.locksFailure;
        return this.waits;
      },
      compareAndKill: async (victims) => {
        const ids = victims.map(({ session }) => session.id);
        this.ended.push(...ids);
        this.sessions = this.sessions.filter(({ id }) => !ids.includes(id));
        return ids.map(() => 'sent');
      },
    };
    this.services = { ...services, open: async () => scripted };
  }
}

const many = (count: number): readonly Session[] =>
  Array.from({ length: count }, (_, index) =>
    aSession({
      id: String(1_000 + index),
      user: `app_${index % 7}`,
      host: `10.0.${index % 5}.${index % 200}:${20_000 + index}`,
      time: index,
      ...(index % 3 === 0 && {
        command: 'Query',
        statement: running(`SELECT ${'column, '.repeat(20)} FROM orders WHERE id = ${index}`),
      }),
    }),
  );

/** The longest time between two frames while something goes on in the page, in milliseconds. */
const WATCH_FRAMES = `(() => {
  window.longest = 0;
  let last = performance.now();
  const frame = (now) => { window.longest = Math.max(window.longest, now - last); last = now; requestAnimationFrame(frame); };
  requestAnimationFrame(frame);
})()`;

const NASTY = `<img src=x onerror="window.hacked=1"><script>window.hacked=1</script>\u202Eevil\u0007\n${'W'.repeat(60 * 1024)}`;

describe('the files of the console', () => {
  it('are small, come from nowhere else, and hold no code or style inside the page', async () => {
    const files = [...(await buildConsole()).files];
    const sizes = files.map(([name, text]) => [name, gzipSync(text, { level: 9 }).length] as const);
    const total = sizes.reduce((sum, [, size]) => sum + size, 0);
    console.log(`figures: console ${sizes.map(([name, size]) => `${name} ${size}`).join(', ')}; ${total} bytes gzip`);
    expect(total).toBeLessThan(120 * 1024);
    const html = files.find(([name]) => name === 'index.html')?.[1] ?? '';
    expect(html).not.toMatch(/<style|style=|\son\w+=|<script(?![^>]*src=)/);
    const namespaces = /https?:\/\/www\.w3\.org\/[\w/.]+/g;
    for (const [name, text] of files) expect(text.replace(namespaces, ''), name).not.toMatch(/https?:\/\/\w/);
  });
});

describe.skipIf(!CHROMIUM)(`the page${NO_BROWSER}`, () => {
  const pages = new Pages();
  const serving: { close(): Promise<void> }[] = [];
  const serve = async (world: World, token?: string) => {
    const served = await serveConsole(world.services, token);
    serving.push(served);
    return served;
  };
  afterEach(async () => {
    await pages.close();
    for (const one of serving.splice(0)) await one.close();
  });
  afterAll(() => pages.end());

  it('lets nothing in from elsewhere, and answers for its own files only', async () => {
    const { address } = await serve(new World(), 'a-token-of-twenty-letters');
    const { headers, status } = await fetch(`${address}/console/`);
    expect(status).toBe(200);
    expect(headers.get('content-security-policy')).toContain("default-src 'none'; script-src 'self'; style-src 'self'");
    expect(headers.get('content-security-policy')).not.toContain('unsafe');
    expect((await fetch(`${address}/`, { redirect: 'manual' })).headers.get('location')).toBe('/console/index.html');
    for (const path of ['/console/style.css', '/console/..%2fpackage.json', '/console/build.ts'])
      expect((await fetch(`${address}${path}`)).status, path).toBe(404);
    expect((await fetch(`${address}/console/`, { method: 'POST' })).status).toBe(401);
    expect((await fetch(`${address}/console/`, { headers: { 'sec-fetch-site': 'cross-site' } })).status).toBe(403);
    expect((await fetch(`${address}/console/`, { headers: { origin: 'http://evil.test' } })).status).toBe(403);
  });

  it('scrolls and refreshes five thousand sessions, and holds still whatever comes above', async () => {
    const world = new World();
    world.sessions = many(5_000);
    const { address } = await serve(world);
    const page = await pages.open(address);
    await page.getByText('5,000 sessions').first().waitFor();
    await page.getByRole('button', { name: 'Time' }).click();
    await rowOf(page, '5999').getByRole('checkbox').click();
    await page.evaluate(WATCH_FRAMES);
    await page.mouse.move(700, 400);
    for (let turn = 0; turn < 40; turn += 1) await page.mouse.wheel(0, 800);
    const scrolled = () => page.evaluate<number>('document.querySelector(".rows").scrollTop');
    // The wheel turns on for a moment.
    const isStill = async () => {
      const before = await scrolled();
      await page.waitForTimeout(200);
      return before === (await scrolled());
    };
    await eventually(isStill).toBe(true);
    const there = await page.locator('.all .row').nth(20).getAttribute('id');
    const place = () => page.evaluate(`document.getElementById('${there}').getBoundingClientRect().top`);
    const before = await place();
    // Older ones come above, and the list is read anew.
    world.sessions = [
      ...world.sessions,
      ...Array.from({ length: 30 }, (_, index) => aSession({ id: String(9_000 + index), user: 'late', time: 9_999 })),
    ];
    await page.getByText('5,030 sessions').first().waitFor();
    expect(await place()).toBe(before);
    await page.getByRole('searchbox').fill('user=app_3 idle>5m');
    await page.getByText(/of 5,030 sessions/).waitFor();
    await page.getByRole('searchbox').fill('');
    await page.getByRole('grid').focus();
    await page.keyboard.press('End');
    await rowOf(page, '1000').waitFor();
    expect(await page.locator('.all .row').count()).toBeLessThan(100);
    expect(await page.getByRole('region', { name: 'Selection' }).textContent()).toContain('1 selected');
    console.log(
      `figures: console with 5,000 sessions, longest frame ${Math.round(await page.evaluate('window.longest'))} ms`,
    );
  });

  it('runs nothing that a name, a statement, a lock or a reason says, and keeps its form', async () => {
    const world = new World();
    world.sessions = [
      aSession({
        id: '7',
        user: NASTY,
        host: NASTY,
        db: NASTY,
        command: NASTY,
        state: NASTY,
        tenant: NASTY,
        statement: running(NASTY),
        transaction: { id: NASTY, state: NASTY, time: 5 },
      }),
      aSession({ id: '8', command: 'Query', statement: running('SELECT 1') }),
    ];
    world.waits = [{ ...aWait('8', '7', 5), lock: NASTY }];
    const { address } = await serve(world);
    const page = await pages.open(address);
    const isIntact = async () => {
      expect(await overflow(page)).toBe(0);
      expect(await page.evaluate('window.hacked')).toBeUndefined();
      expect(await page.locator('body img, body script').count()).toBe(0);
      const text = await page.evaluate('document.body.innerText');
      expect(text).not.toMatch(/\p{Bidi_Control}/u);
      expect(text).not.toContain('\u0007');
    };
    await rowOf(page, '8').waitFor();
    expect((await rowOf(page, '7').boundingBox())?.height).toBe((await rowOf(page, '8').boundingBox())?.height);
    expect(await rowOf(page, '7').textContent()).toContain('\\u202e');
    await isIntact();
    await rowOf(page, '7').click();
    await page.getByRole('button', { name: 'Show in full' }).click();
    await isIntact();
    for (const grouping of ['db', 'tenant', 'fingerprint']) {
      await page.getByLabel('Count by').selectOption(grouping);
      await isIntact();
    }
    await page.getByLabel('Count by').selectOption('user');
    await page.getByRole('button', { name: /^<img/ }).click();
    await rowOf(page, '8').waitFor({ state: 'detached' });
    await isIntact();
    await page.getByRole('searchbox').fill('');
    await page.keyboard.press('Escape');
    await page.keyboard.press('2');
    await page.getByRole('heading', { name: 'Who blocks whom' }).waitFor();
    await page.getByRole('button', { name: 'End 7 …' }).click();
    await isIntact();
    const reason = '<img src=x onerror="window.hacked=1">'.repeat(13);
    await page.getByRole('dialog').getByLabel('Reason').fill(reason);
    await page.getByRole('dialog').getByRole('button', { name: 'End 1 session' }).click();
    await page.getByText('1 ended').waitFor();
    await page.getByRole('button', { name: 'Close' }).click();
    await page.keyboard.press('4');
    await page
      .getByRole('button', { name: /^\d{4}-/ })
      .first()
      .click();
    await isIntact();
  });

  it('ends no session that is another one by now, and says so', async () => {
    const world = new World();
    world.sessions = [aSession({ id: '7' }), aSession({ id: '8', host: '10.0.0.8:1' })];
    const { address } = await serve(world);
    const page = await pages.open(address);
    await page.getByRole('checkbox', { name: 'Select all that are shown' }).click();
    world.sessions = [aSession({ id: '7', host: '10.0.0.9:9' }), aSession({ id: '8', host: '10.0.0.8:1' })];
    await rowOf(page, '7').getByText('another session by now').waitFor();
    await page.getByText('2 selected, 1 changed since: not ended').waitFor();
    await page.keyboard.press('k');
    await page.getByRole('dialog').getByText('left alone: is another session by now').waitFor();
    await page.getByRole('dialog').getByRole('button', { name: 'End 1 session' }).click();
    await page.getByText('1 ended').waitFor();
    expect(world.ended).toEqual(['8']);
    await page.getByRole('button', { name: 'Close' }).click();
    await rowOf(page, '8').waitFor({ state: 'detached' });
  });

  it('follows a kill that is pending until it is known', async () => {
    const world = new World();
    world.sessions = [aSession({ id: '7' })];
    const { address } = await serve(world);
    const page = await pages.open(address);
    await page.route('**/kills', (route) => {
      const end = { id: '7', kind: 'connection', outcome: 'pending', identity: 'exact', proven: false };
      return route.fulfill({ json: { target: 'local', results: [{ ...end, auditId: 'a', code: null }] } });
    });
    await rowOf(page, '7').getByRole('checkbox').click();
    await page.keyboard.press('k');
    await page.keyboard.press('Enter');
    const victim = page.getByRole('dialog').getByRole('listitem');
    await victim.getByText('still rolls back').waitFor();
    world.sessions = [];
    await victim.getByText('ended', { exact: true }).waitFor();
  });

  it('ends the idle ones of a group, those who were shown and no others', async () => {
    const world = new World();
    world.sessions = [
      aSession({ id: '7', user: 'a*b', time: 400 }),
      aSession({ id: '8', user: 'a*b', time: 30 }),
      aSession({ id: '9', user: 'axb', time: 400 }),
    ];
    const { address } = await serve(world);
    const page = await pages.open(address);
    await page.getByRole('button', { name: /^a\*b/ }).click();
    await page.getByRole('button', { name: 'End idle …' }).click();
    const dialog = page.getByRole('dialog', { name: 'End idle sessions' });
    await dialog.getByText('7', { exact: true }).waitFor();
    expect(await dialog.locator('.victims > li > p > strong').allTextContents()).toEqual(['7']);
    await dialog.getByLabel('Reason').fill('pool is full');
    await dialog.getByRole('button', { name: 'End 1 session' }).click();
    await page.getByRole('dialog').getByText('ended', { exact: true }).waitFor();
    expect(world.ended).toEqual(['7']);
    const { services } = world;
    expect((await services.audit.list({ limit: 10 })).map((record) => record.reason).join()).toContain('pool is full');
  });

  it('previews a reaper with its reasons, and says which there is not', async () => {
    const world = new World();
    world.sessions = [aSession({ id: '7' })];
    const { address } = await serve(world);
    const page = await pages.open(address);
    await page.getByRole('button', { name: 'Reapers' }).click();
    await page.getByRole('textbox', { name: 'Reaper' }).fill('nothing-like-it');
    await page.keyboard.press('Enter');
    await page.getByRole('alert').getByText('reaper-not-found').waitFor();
  });

  it('shows what is wrong with the target and what to do, and keeps what it knows', async () => {
    const world = new World();
    world.sessions = [aSession({ id: '7' })];
    const { address } = await serve(world);
    const page = await pages.open(address);
    await rowOf(page, '7').waitFor();
    world.failure = new AppError('target-unreachable', { detail: 'Nothing listens there.' });
    const alert = page.getByRole('alert').filter({ hasText: 'target-unreachable' });
    await alert.getByText('Nothing listens there.').waitFor();
    await alert.getByText(world.failure.hint ?? '').waitFor();
    await page.locator('.grid.stale').waitFor();
    expect(await rowOf(page, '7').isVisible()).toBe(true);
    expect(await seriousProblems(page)).toEqual([]);
    world.failure = undefined;
    await page.locator('.grid:not(.stale)').waitFor();
  });

  it('leaves open who blocks whom where the server does not show it', async () => {
    const world = new World();
    world.sessions = [aSession({ id: '7' })];
    world.locksFailure = new AppError('target-privilege-missing');
    const { address } = await serve(world);
    const page = await pages.open(address);
    await rowOf(page, '7').waitFor();
    await page.getByText('locks not shown').waitFor();
    await page.getByRole('searchbox').fill('blocking=no');
    await page.getByText('1 not decided').waitFor();
    expect(await page.locator('.all .row').count()).toBe(0);
  });

  it('says since when no answer came, and goes on once one does', async () => {
    const world = new World();
    world.sessions = [aSession({ id: '7' })];
    const first = await serveConsole(world.services);
    const page = await pages.open(first.address);
    await rowOf(page, '7').waitFor();
    await first.close();
    await page.getByText(/Not reachable since \d\d:\d\d:\d\d/).waitFor();
    expect(await rowOf(page, '7').isVisible()).toBe(true);
    const again = await serveConsole(world.services, undefined, first.port);
    serving.push(again);
    await page.locator('.grid:not(.stale)').waitFor();
  });

  it('asks for the token where there is one, and keeps it nowhere', async () => {
    const world = new World();
    world.sessions = [aSession({ id: '7' })];
    const token = 'a-token-of-twenty-letters';
    const { address } = await serve(world, token);
    const linked = await pages.open(address, {}, `/console/#token=${token}`);
    await rowOf(linked, '7').waitFor();
    expect(linked.url()).toBe(`${address}/console/`);
    expect(await linked.evaluate('localStorage.length + sessionStorage.length + document.cookie.length')).toBe(0);
    await linked.getByRole('button', { name: 'Forget token' }).click();
    await linked.getByLabel('Token').waitFor();
    const page = await pages.open(address);
    await page.getByLabel('Token').fill('another-token-of-letters');
    await page.keyboard.press('Enter');
    await page.getByText('was refused').waitFor();
    expect(await seriousProblems(page)).toEqual([]);
    await page.getByLabel('Token').fill(`Authorization: Bearer ${token}`);
    await page.keyboard.press('Enter');
    await rowOf(page, '7').waitFor();
  });

  it('stops every kill, says by whom and why, and allows them again', async () => {
    const world = new World();
    world.sessions = [aSession({ id: sessionId('7') })];
    const { address } = await serve(world);
    const page = await pages.open(address);
    await page.getByRole('button', { name: 'Health' }).click();
    await page.getByRole('button', { name: 'Stop every kill …' }).click();
    await page.getByRole('dialog').getByLabel('Reason').fill('failover drill');
    await page.getByRole('dialog').getByRole('button', { name: 'Stop every kill' }).click();
    const banner = page.getByRole('status').filter({ hasText: 'Every kill is stopped' });
    await banner.getByText('failover drill').waitFor();
    await banner.getByText('local-operator').waitFor();
    expect(await seriousProblems(page)).toEqual([]);
    await page.keyboard.press('1');
    await rowOf(page, '7').getByRole('checkbox').click();
    await page.keyboard.press('k');
    await page.keyboard.press('Enter');
    await page.getByRole('dialog').getByText('All kills are currently stopped.').waitFor();
    await page.keyboard.press('Escape');
    expect(world.ended).toEqual([]);
    await page.getByRole('button', { name: 'Allow kills again …' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Allow kills again' }).click();
    await banner.waitFor({ state: 'detached' });
  });
});

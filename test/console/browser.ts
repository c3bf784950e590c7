import { once } from 'node:events';
import { existsSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import axe from 'axe-core';
import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core';
import { expect } from 'vitest';
import type { Services } from '../../lib/services.ts';
import { createGateway } from '../../local/gateway/gateway.ts';
import { consoleRoutes, loadRoutes } from '../../local/gateway/load-routes.ts';

/** Debian's own, which downloads nothing. */
export const CHROMIUM = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find(existsSync);

/** What the title of a suite says where there is none. */
export const NO_BROWSER = CHROMIUM === undefined ? ' - skipped: apt-get install chromium' : '';

/** Pages of one browser, each in a profile of its own. What a page complains of fails the test. */
export class Pages {
  #browser: Browser | undefined;
  readonly #complaints: string[] = [];

  /** Opens the console of a gateway. */
  async open(address: string, options: BrowserContextOptions = {}, at = '/console/'): Promise<Page> {
    if (CHROMIUM === undefined) throw new Error('no chromium on this machine');
    this.#browser ??= await chromium.launch({ executablePath: CHROMIUM });
    const context = await this.#browser.newContext({ viewport: { width: 1280, height: 760 }, ...options });
    const page = await context.newPage();
    page.setDefaultTimeout(30_000);
    page.on('pageerror', (error) => this.#complaints.push(String(error.stack)));
    page.on('console', (message) => {
      // An answer of 4xx or 5xx is the page's to show, and the browser logs it all the same.
      if (message.type() === 'error' && !/Failed to load resource/.test(message.text()))
        this.#complaints.push(message.text());
    });
    await page.goto(`${address}${at}`);
    return page;
  }

  /** Closes the pages of a test, and tells what they complained of. */
  async close(): Promise<void> {
    for (const context of this.#browser?.contexts() ?? []) await context.close();
    expect(this.#complaints.splice(0)).toEqual([]);
  }

  async end(): Promise<void> {
    await this.#browser?.close();
  }
}

/** A gateway in front of services, as `npm start` serves them. */
export async function serveConsole(services: Services, token?: string, port = 0) {
  const server = createGateway([...(await loadRoutes(async () => services)), ...(await consoleRoutes())], token);
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  const bound = server.address() as AddressInfo;
  const close = async () => {
    server.close();
    server.closeAllConnections();
  };
  return { address: `http://127.0.0.1:${bound.port}`, port: bound.port, close };
}

/** What axe finds on the page that would keep somebody from using it; of one rule, or all. */
export async function seriousProblems(page: Page, rule?: string): Promise<readonly string[]> {
  // As a program of the browser's own: the page's policy lets no script in.
  await page.evaluate(axe.source);
  const { violations } = await page.evaluate<axe.AxeResults>(
    `axe.run(${rule === undefined ? '' : JSON.stringify({ runOnly: [rule] })})`,
  );
  return violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html.slice(0, 200)).join(' | ')}`);
}

/** Expects that something becomes so; a busy machine is no failure. */
export const eventually = <T>(read: () => Promise<T>) => expect.poll(read, { timeout: 60_000 });

/** The row of a session in the table. */
export const rowOf = (page: Page, id: string) => page.locator(`#row-${id}`);

/** How far the page is wider than its window: where that is not 0, one must scroll sideways. */
export const overflow = (page: Page): Promise<number> =>
  page.evaluate('document.documentElement.scrollWidth - document.documentElement.clientWidth');

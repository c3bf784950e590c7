import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePort } from '../../local/kernel/free-port.ts';
import { npmStart, serving, signalGroup } from '../local/npm-start.ts';
import { Pages } from './browser.ts';

// Makes docs/console-light.png and docs/console-dark.png, which head the README, from the demonstration of `npm start`.
const docs = join(import.meta.dirname, '../../docs');
const scratch = mkdtempSync(join(tmpdir(), 'warden-screenshot-'));
const started = npmStart(await freePort(), { AUDIT_FILE: join(scratch, 'audit.sqlite') });
const pages = new Pages();
try {
  await serving(started);
  for (const colorScheme of ['light', 'dark'] as const) {
    const options = { colorScheme, viewport: { width: 1440, height: 480 }, deviceScaleFactor: 1.5 };
    const page = await pages.open(started.address, options);
    const blocker = page.locator('.all .row.blocks');
    await blocker.waitFor();
    // Long enough that the times tell something, and the chart too.
    await sleep(45_000);
    await page.locator('.all .row.sleeps input').nth(0).click();
    await page.locator('.all .row.sleeps input').nth(1).click();
    await blocker.click();
    await page.getByRole('heading', { name: 'Locks' }).waitFor();
    await page.screenshot({ path: join(docs, `console-${colorScheme}.png`) });
  }
} finally {
  await pages.close();
  await pages.end();
  signalGroup(started, 'SIGINT');
  await started.exit;
  rmSync(scratch, { recursive: true });
}

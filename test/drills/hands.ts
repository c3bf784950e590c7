import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Locator, Page } from 'playwright-core';
import type { Services } from '../../lib/services.ts';
import { createIdempotency } from '../../lib/state/idempotency.ts';
import { createMemoryPersistence } from '../../local/stores/memory-persistence.ts';
import { Pages, serveConsole } from '../console/browser.ts';
import { servicesFor } from '../engines/a-server.ts';
import { startChat } from '../support/chat/a-chat.ts';
import { anAlert } from '../support/chat/alert-messages.ts';
import { CHAT_PEOPLE } from '../support/chat/chat-config.ts';
import { sendAsPlatform, until } from '../support/chat/fake-server.ts';
import type { SlackMessage } from '../support/chat/fake-slack.ts';
import { signedByAlerter } from '../support/chat/sign.ts';
import { buttonOf, textOf } from '../support/chat/slack-message.ts';

const WARDEN = new URL('../../local/cli/warden.ts', import.meta.url).pathname;
const CONFIG = `${CHAT_PEOPLE}limits: { killsPerMinute: 100000 }\n`;

/** What a person can do, and how often they did it. */
export interface Hands {
  /** Typed lines, presses and answers. */
  readonly actions: () => number;
}

/** Slack, as a person on call has it in their hand. */
export interface ChatHands extends Hands {
  /** An alert comes in; that is no action of theirs. */
  alert(): Promise<SlackMessage>;
  type(line: string, user?: string): Promise<SlackMessage>;
  /** Presses the button with this label, in the row of a session where its ID is given. */
  press(message: SlackMessage, label: string, id?: string): Promise<SlackMessage>;
  readonly services: Services & { readonly audit: ReturnType<typeof servicesFor>['audit'] };
}

/** What a command printed. */
export interface Printed {
  readonly code: number;
  readonly text: string;
}

/** A terminal. */
export interface TerminalHands extends Hands {
  /** Runs a command line of the real program. */
  warden(...args: readonly string[]): Promise<Printed>;
}

/** The console, open in a browser. */
export interface ConsoleHands extends Hands {
  readonly page: Page;
  /** Types a line into the filter. */
  filter(line: string): Promise<unknown>;
  /** Presses a button, a row or a box. */
  press(what: Locator): Promise<unknown>;
  /** Presses a key. */
  key(key: string): Promise<unknown>;
  /** What the dialog says once it says something like that. */
  told(words: RegExp): Promise<unknown>;
  readonly services: ChatHands['services'];
}

/** Everything that a drill needs beside its server, and its end. */
export async function handsOn(url: string) {
  const folder = await mkdtemp(join(tmpdir(), 'warden-drill-'));
  await writeFile(join(folder, 'warden.yaml'), CONFIG);
  const services = servicesFor(url, CONFIG);
  const chat = await startChat(services);
  let actions = 0;
  const acted = <Done>(done: Promise<Done>): Promise<Done> => {
    actions++;
    return done;
  };
  let alerts = 0;
  const chatHands: ChatHands = {
    services,
    actions: () => actions,
    alert: async () => {
      const before = new Set(chat.slack.messages.keys());
      const alert = anAlert({ groupKey: `drill ${process.pid} ${alerts++}` });
      await sendAsPlatform(`${chat.gateway}/chat/alert/prod`, signedByAlerter(alert, 'prod'));
      return until(() => [...chat.slack.messages.values()].find(({ id }) => !before.has(id)), 'the alert');
    },
    type: (line, user) => acted(chat.slack.type(line, user)),
    press: (message, label, id) => acted(chat.slack.press(message, buttonOf(message, label, id))),
  };
  const terminal: TerminalHands = {
    actions: () => actions,
    warden: (...args) => acted(runWarden(args, { url, folder })),
  };
  const idempotency = createIdempotency(async () => createMemoryPersistence());
  const served = await serveConsole({ ...services, idempotency });
  const pages = new Pages();
  /** The console as somebody opens it, played or the operator. */
  const openConsole = async (as?: string): Promise<ConsoleHands> => {
    const page = await pages.open(
      served.address,
      as === undefined ? {} : { extraHTTPHeaders: { 'x-local-claims': as } },
    );
    // Whoever acts sees the page first; before that it takes no keys.
    await page.getByRole('navigation', { name: 'Pages' }).waitFor();
    return {
      page,
      services,
      actions: () => actions,
      filter: (line) => acted(page.getByRole('searchbox').fill(line)),
      press: (what) => acted(what.click()),
      key: (key) => acted(page.keyboard.press(key)),
      told: (words) => page.getByRole('dialog').getByText(words).first().waitFor(),
    };
  };
  return {
    chat: chatHands,
    terminal,
    openConsole,
    closeConsole: () => pages.close(),
    rest: () => {
      actions = 0;
    },
    done: async () => {
      await pages.end();
      await served.close();
      chat.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

function runWarden(args: readonly string[], { url, folder }: { readonly url: string; readonly folder: string }) {
  const env = {
    ...process.env,
    DATABASE_URL: url,
    WARDEN_CONFIG: join(folder, 'warden.yaml'),
    AUDIT_FILE: join(folder, 'audit.sqlite'),
    COLUMNS: '120',
  };
  return new Promise<Printed>((resolve) => {
    execFile(
      process.execPath,
      ['--disable-warning=ExperimentalWarning', WARDEN, ...args],
      { env },
      (error, out, told) => resolve({ code: error === null ? 0 : Number(error.code ?? 1), text: `${out}${told}` }),
    );
  });
}

export { textOf };

import { AppError } from '../lib/errors.ts';
import { anyGlobMatches } from '../lib/privileges/glob.ts';
import { reap, reaperPrincipal } from '../lib/reaper/reap.ts';
import type { Services } from '../lib/services.ts';
import { printable } from '../lib/sessions/masking/visible.ts';
import { LOCAL_TARGET, targetsFromEnvironment } from '../lib/targets/database-url.ts';
import { createLocalChat, devChatSecrets } from './chat/local-chat.ts';
import { routedFetch, standInAddress } from './chat/stand-in.ts';
import { openDemoSessions } from './demo-sessions.ts';
import { misspeltVariable } from './environment.ts';
import { createGateway } from './gateway/gateway.ts';
import { consoleRoutes, loadRoutes } from './gateway/load-routes.ts';
import { keepToken, Refusal, tokenFrom } from './gateway/token.ts';
import { cacheDir, KERNELS, KernelError } from './kernel/fetch-kernel.ts';
import { type Kernel, startKernel } from './kernel/start-kernel.ts';
import { auditFile, createLocalServices, readConfig } from './services.ts';
import { describe, Endings, endOnSignal, knock, listen, sweepLeftovers } from './serving.ts';

const { env } = process;
const endings = new Endings();
endOnSignal(endings);

async function main(): Promise<void> {
  const misspelt = misspeltVariable(env);
  if (misspelt !== undefined) throw new Refusal(misspelt);
  const port = portFrom(env['PORT']);
  const own = targetsFromEnvironment(env);
  const config = readConfig(env);
  const audit = auditFile(env);
  // Who may be the operator on one's own servers is for their owner to say; the demonstration's sessions are anybody's.
  const token = own.size > 0 || env['WARDEN_TOKEN'] ? tokenFrom(env['WARDEN_TOKEN']) : undefined;
  const ready = Promise.withResolvers<Services>();
  ready.promise.catch(() => {}); // whoever waits for it is told; at a failed start nobody may wait

  // The port first: when it is taken, that must not cost a kernel.
  const load = () => ready.promise;
  const chat = createLocalChat({ load, secrets: () => devChatSecrets(env), fetch: routedFetch(standInAddress(env)) });
  const server = createGateway([...(await loadRoutes(load)), ...(await consoleRoutes()), ...chat.routes], token);
  await listen(server, { host: '127.0.0.1', port }, 'PORT=8788 npm start');
  endings.add(() => {
    server.close();
    server.closeAllConnections();
  });
  try {
    const kept = token === undefined ? undefined : keepToken(env, port, token);
    endings.add(() => kept?.forget());
    const { targets, kernel } = own.size > 0 ? { targets: own, kernel: undefined } : await startDemo();
    const services = createLocalServices(config, targets, audit, chat.reaperChat);
    endings.add(() => services.close());
    for (const silent of await knock(services, [...own.keys()])) console.error(`\n${silent}`);
    ready.resolve(services);
    void sweepLeftovers(services, endings, 60);
    if (own.size === 0) {
      const schedule = startSchedule(services, [...targets.keys()], (line) => console.log(printable(line)));
      endings.add(() => schedule.stop());
    }
    const address = `http://127.0.0.1:${port}`;
    const served = { address, targets: [...targets.keys()], audit, kernel, tokenFile: kept?.file, token };
    if (!endings.begun) console.log(banner(served));
  } catch (error) {
    ready.reject(error);
    throw error;
  }
}

async function startDemo() {
  const name = KERNELS.find((known) => known === (env['KERNEL'] || KERNELS[0]));
  if (name === undefined) throw new KernelError(`KERNEL: there is no ${env['KERNEL']}; write ${KERNELS.join(' or ')}.`);
  const kernel = await startKernel({ cache: cacheDir(env), name, say: console.log });
  endings.add(() => kernel.stop());
  void kernel.died.then((log) => fail(new KernelError(`The OceanBase kernel has ended.${log}`)));
  const demo = await openDemoSessions(kernel);
  endings.add(() => demo.close());
  return { targets: new Map([[LOCAL_TARGET, kernel.url]]), kernel };
}

/** Runs every reaper on its schedule, always as a dry run, and says what it would do. One machine ends nothing by itself. */
function startSchedule(services: Services, targets: readonly string[], say: (line: string) => void): { stop(): void } {
  const timers = services.config.reapers.flatMap((reaper) =>
    targets
      .filter((target) => anyGlobMatches(reaper.targets, target))
      .map((target) => {
        const run = async (): Promise<void> => {
          const request = { target, reaper: reaper.name, dryRun: true, correlationId: 'schedule' };
          const said = await reap(services, { ...request, principal: reaperPrincipal(reaper.name) }).then(
            ({ victims, warned, sessions }) =>
              `would end ${victims.length} of ${sessions} sessions${warned.length === 0 ? '' : `, and warn of ${warned.length} first`}${[
                ...victims,
                ...warned,
              ]
                .slice(0, 5)
                .map(({ id, user, reasons }) => `\n    ${id} ${user ?? '–'}: ${reasons.join('; ')}`)
                .join('')}`,
            (error: unknown) => `could not look: ${error instanceof AppError ? error.code : String(error)}`,
          );
          say(`  Reaper ${reaper.name} on ${target} (dry run): ${said}`);
        };
        return setInterval(() => void run(), reaper.every * 1000);
      }),
  );
  for (const timer of timers) timer.unref();
  return { stop: () => timers.forEach(clearInterval) };
}

function portFrom(text: string | undefined): number {
  if (!text) return 8787;
  const port = /^\d{1,5}$/.test(text) ? Number(text) : 0;
  if (port < 1 || port > 65_535) throw new Refusal('PORT must be a number from 1 to 65535.');
  return port;
}

async function fail(error: unknown): Promise<void> {
  if (endings.begun) return;
  console.error(`\n${describe(error)}`);
  await endings.endAll();
  process.exit(1);
}

main().catch(fail);

/** What `npm start` serves, and what it takes to ask for it. */
export interface Served {
  readonly address: string;
  readonly targets: readonly string[];
  /** Where audit records are kept. */
  readonly audit: string;
  /** The embedded kernel, where it runs. */
  readonly kernel: Pick<Kernel, 'port' | 'defaultsFile'> | undefined;
  /** The header that the gateway asks for; none where it asks for none. */
  readonly tokenFile: string | undefined;
  /** The token in that header. */
  readonly token: string | undefined;
}

/** Text as one word of a shell. */
const quoted = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`;

/** What `npm start` prints once it serves: where, and lines to try. */
export function banner({ address, targets, audit, kernel, tokenFile, token: secret }: Served): string {
  const [target = 'local'] = targets;
  const sessions = `${address}/targets/${target}/sessions`;
  const curl = tokenFile === undefined ? 'curl -s' : `curl -s -H ${quoted(`@${tokenFile}`)}`;
  const demonstration =
    kernel === undefined
      ? []
      : [
          '  The embedded OceanBase kernel runs with demonstration sessions; an ordinary client sees them too:',
          `    mysql --defaults-extra-file=${quoted(kernel.defaultsFile)} -h 127.0.0.1 -P ${kernel.port} -u root -e 'SHOW FULL PROCESSLIST'`,
          '',
        ];
  const token =
    tokenFile === undefined
      ? []
      : ['  Only who can read that file may call; `npx warden call GET /targets` reads it by itself.', ''];
  return [
    '',
    `  Session Warden serves ${targets.join(', ')} at ${address}`,
    `  Audit records are kept in ${audit}`,
    '',
    // In the fragment, which no server and no log sees.
    `  The console: ${address}/console/${secret === undefined ? '' : `#token=${encodeURIComponent(secret)}`}`,
    '',
    ...demonstration,
    '  To try (ID is the id of a session in the list):',
    `    ${curl} '${sessions}'`,
    `    ${curl} -X DELETE '${sessions}/ID/query'   # cancels its statement`,
    `    ${curl} -X DELETE '${sessions}/ID'         # ends the session`,
    `    npm run --silent chat -- slack '/warden sessions ${target}'   # as from Slack, docs/chat-ops.md`,
    '',
    ...token,
    '  Ctrl-C ends everything.',
    '',
  ].join('\n');
}

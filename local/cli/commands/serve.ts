import { existsSync } from 'node:fs';
import { inWords } from '../../../lib/reaper/units.ts';
import { isLoopback } from '../../../lib/targets/credentials.ts';
import { targetsFromEnvironment } from '../../../lib/targets/database-url.ts';
import { misspeltVariable } from '../../environment.ts';
import { keepToken, Refusal, tokenFrom } from '../../gateway/token.ts';
import { chatSecretsFrom, serve } from '../../serve/serve.ts';
import { auditFile, readConfig } from '../../services.ts';
import { type Address, Endings, endOnSignal, knock } from '../../serving.ts';
import { tokenIn } from '../api/choose-api.ts';
import { UsageError } from '../help.ts';
import { printText, type World, warn } from '../terminal.ts';

/** Options of `warden serve`. */
export interface ServeCommandOptions {
  readonly listen: string;
  readonly tokenFile?: string;
}

/** `127.0.0.1:8787`, `[::1]:8787` or `:8787`, which is every address of this machine. @throws UsageError */
export function addressOf(text: string): Address {
  const [, bracketed, plain = '', digits = ''] = /^(?:\[([0-9a-f:.]+)\]|([\w.-]*)):(\d{1,5})$/i.exec(text) ?? [];
  const port = Number(digits);
  if (digits === '' || port > 65_535)
    throw new UsageError('--listen: write an address and a port, such as 127.0.0.1:8787');
  return { host: bracketed ?? (plain || '::'), port };
}

/** `warden serve`: the API, chats and the schedule of reapers on this machine, until a signal. */
export async function serveHere({ env, ...world }: World, options: ServeCommandOptions): Promise<never> {
  const misspelt = misspeltVariable(env);
  if (misspelt !== undefined) throw new UsageError(misspelt);
  const address = addressOf(options.listen);
  const targets = targetsFromEnvironment(env);
  if (targets.size === 0) throw new UsageError('set DATABASE_URL, or TARGETS to a file of several');
  if (!env['WARDEN_CONFIG'] && !existsSync('warden.yaml'))
    throw new UsageError(
      'write warden.yaml, or set WARDEN_CONFIG to it: it says who may do what, and which rules end whom',
    );
  const given = options.tokenFile === undefined ? env['WARDEN_TOKEN'] : tokenIn(options.tokenFile);
  const isNear = isLoopback(address.host);
  if (!isNear && !given)
    throw new UsageError(
      `--listen ${options.listen}: others can reach that address, so it takes a token of yours: WARDEN_TOKEN or --token-file`,
    );
  const endings = new Endings();
  endOnSignal(endings, env);
  try {
    const token = tokenFrom(given);
    // Rules whose last day is over do nothing: a restart must not fail for them.
    const config = readConfig(env, (line) => warn({ env, ...world }, line), { allowExpired: true });
    const chatSecrets = chatSecretsFrom(env);
    const audit = auditFile(env);
    const served = await serve(
      { config, targets, audit, token, address, ...(chatSecrets && { chatSecrets }) },
      endings,
    );
    const kept = keepToken(env, served.port, token);
    endings.add(() => kept.forget());
    printText(
      { env, ...world },
      told({ ...address, port: served.port }, [...targets.keys()], audit, kept.file, config.reapers),
    );
    if (!isNear)
      warn(
        { env, ...world },
        'It speaks plain HTTP: let a proxy with TLS stand before it. Whoever has the token is the operator, and may name whom they ask for (X-Local-Claims).',
      );
    for (const silent of await knock(served.services, [...targets.keys()])) warn({ env, ...world }, silent);
  } catch (error) {
    await endings.endAll();
    throw error instanceof Refusal ? new UsageError(error.message) : error;
  }
  // The signal ends the process.
  return new Promise(() => {});
}

function told(
  { host, port }: Address,
  targets: readonly string[],
  audit: string,
  tokenFile: string,
  reapers: readonly { readonly name: string; readonly mode: string; readonly every: number }[],
): string {
  const at = `http://${host.includes(':') ? `[${host}]` : host}:${port}`;
  return [
    `Session Warden serves ${targets.join(', ')} at ${at}`,
    `The record is kept in ${audit}, the token in ${tokenFile}`,
    `The console is at ${at}/console/, and asks for that token`,
    `/healthz tells whether it is up, /metrics is for Prometheus`,
    ...(reapers.length === 0 ? ['No reaper is configured.'] : []),
    ...reapers.map(({ name, mode, every }) => `Reaper ${name} every ${inWords(every)}: ${mode}`),
  ].join('\n');
}

import { readFileSync } from 'node:fs';
import type { Principal } from '../../../lib/privileges/principal.ts';
import type { Services } from '../../../lib/services.ts';
import packageJson from '../../../package.json' with { type: 'json' };
import { misspeltVariable } from '../../environment.ts';
import { Failure, UsageError } from '../help.ts';
import type { Api } from './api.ts';

/** What a command line says of whom to ask, and as whom. */
export interface Where {
  readonly api?: string | undefined;
  readonly tokenFile?: string | undefined;
  /** `USER[:group,group]` */
  readonly as?: string | undefined;
}

/** Services in place of those of this process. */
export type ChangeHere = (services: Services, person: Principal) => Services;

type Env = Readonly<NodeJS.ProcessEnv>;

/** What a gateway of this machine serves where nothing else is said; `LOCAL_TARGET`, which would bring YAML along. */
const GATEWAY_TARGET = 'local';
const HERE = 'set DATABASE_URL, or TARGETS to a file of several';
const USER_AGENT = { 'user-agent': `warden/${packageJson.version}` };

/**
 * The API that a command line means: `--api` or `WARDEN_API`, else the databases of `DATABASE_URL` and `TARGETS`, else the
 * gateway of this machine. Each is loaded only where it is meant.
 *
 * @param changed - makes other services of those of this process, where the databases are asked from here, for the person who sits here
 * @throws UsageError, AppError `configuration-invalid`, `audit-unavailable`
 */
export async function chooseApi(where: Where, env: Env, changed?: ChangeHere): Promise<Api> {
  const misspelt = misspeltVariable(env);
  if (misspelt !== undefined) throw new UsageError(misspelt);
  const address = where.api || env['WARDEN_API'];
  if (address) return remote(address, where, env);
  if (env['DATABASE_URL'] || env['TARGETS']) return here(where, env, changed);
  return gateway(where, env);
}

async function here({ as }: Where, env: Env, changed?: ChangeHere): Promise<Api> {
  const { targetsFromEnvironment } = await import('../../../lib/targets/database-url.ts');
  const targets = targetsFromEnvironment(env);
  if (targets.size === 0) throw new UsageError(HERE);
  const { inProcess, personOf, servicesHere } = await import('./in-process.ts');
  const services = servicesHere(env, targets);
  // Who sits at this machine: its operator, by a name that shows up in the record.
  const who = as === undefined ? { sub: env['USER'] || 'operator', groups: ['operator'] } : played(as);
  const caller = { who: headerOf(who), headers: USER_AGENT };
  const own = changed === undefined ? services : changed(services, personOf(caller.who));
  return inProcess(own, caller, [...targets.keys()], () => services.close());
}

async function remote(address: string, where: Where, env: Env): Promise<Api> {
  const { baseOf, hostOf, httpApi } = await import('./api.ts');
  const { isLoopback } = await import('../../../lib/targets/credentials.ts');
  const base = baseOf(address);
  const isHere = isLoopback(hostOf(base));
  if (where.as !== undefined && !isHere)
    throw new UsageError('--as plays somebody on this machine only; a deployment goes by the token or the signature');
  const token = await tokenOf(where, env, isHere ? Number(base.port || 80) : undefined);
  const { requestSigner } = token === undefined && !isHere ? await import('./sign.ts') : { requestSigner: undefined };
  const sign = requestSigner?.(env);
  return httpApi({
    base,
    authorize: async (request) => (sign === undefined ? bearer(token) : sign(request)),
    headers: { ...USER_AGENT, ...playing(where) },
    target: isHere ? GATEWAY_TARGET : undefined,
    silent: (reason) => new Failure(`Nothing answers at ${base.origin}${reason}.`),
  });
}

async function gateway(where: Where, env: Env): Promise<Api> {
  const { httpApi } = await import('./api.ts');
  const port = env['PORT'] || '8787';
  const base = URL.parse(`http://127.0.0.1:${port}`);
  if (base === null) throw new UsageError('PORT must be a number from 1 to 65535');
  const token = await tokenOf(where, env, Number(port));
  return httpApi({
    base,
    authorize: async () => bearer(token),
    headers: { ...USER_AGENT, ...playing(where) },
    target: GATEWAY_TARGET,
    silent: () =>
      new UsageError(
        `nothing answers at port ${port}: name a deployment with --api or WARDEN_API, ${HERE}, or start npm start or warden serve on the same PORT`,
      ),
  });
}

const bearer = (token: string | undefined): Readonly<Record<string, string>> =>
  token === undefined ? {} : { authorization: `Bearer ${token}` };

/** The token that is given, else the one that the gateway of this user keeps. @throws UsageError for a file that holds none */
async function tokenOf({ tokenFile }: Where, env: Env, port: number | undefined): Promise<string | undefined> {
  if (tokenFile !== undefined) return tokenIn(tokenFile);
  if (env['WARDEN_TOKEN']) return env['WARDEN_TOKEN'];
  if (port === undefined) return undefined;
  const { headerFor } = await import('../../gateway/token.ts');
  return headerFor(env, port)?.replace(/^Bearer /, '');
}

/** The bearer token that a file holds: alone, or in a header as the gateway keeps it. @throws UsageError */
export function tokenIn(file: string): string {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch {
    throw new UsageError(`${file}: the file cannot be read`);
  }
  const token = text.trim().replace(/^Authorization: +Bearer +/i, '');
  if (/^[\w.~+/-]+=*$/.test(token)) return token;
  throw new UsageError(`${file}: this is no bearer token`);
}

interface Played {
  readonly sub: string;
  readonly groups: readonly string[];
}

function played(as: string): Played {
  const at = as.indexOf(':');
  const [sub, groups] = at < 0 ? [as, ''] : [as.slice(0, at), as.slice(at + 1)];
  if (sub === '') throw new UsageError('--as: write USER or USER:group,group');
  return { sub, groups: groups.split(',').filter(Boolean) };
}

/** A header holds bytes. */
const headerOf = (who: Played): string => Buffer.from(JSON.stringify(who)).toString('latin1');

const playing = ({ as }: Where): Readonly<Record<string, string>> =>
  as === undefined ? {} : { 'x-local-claims': headerOf(played(as)) };

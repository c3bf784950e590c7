import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { cacheDir } from '../kernel/fetch-kernel.ts';

/** A start that cannot be: the message is for the person at the terminal, and all that is to be said. */
export class Refusal extends Error {
  override readonly name = 'Refusal';
}

/** As RFC 6750 lets a bearer token be, and long enough that nobody finds it by trial. */
const TOKEN = /^[\w.~+/-]{20,500}=*$/;

/** The token that is asked for: `WARDEN_TOKEN`, else one made at random for this run. @throws Refusal for one that is none */
export function tokenFrom(given: string | undefined): string {
  if (!given) return randomBytes(32).toString('base64url');
  if (TOKEN.test(given)) return given;
  throw new Refusal(
    'WARDEN_TOKEN must have 20 to 500 letters, digits or any of . _ ~ + / - =, such as openssl rand -hex 32 prints.',
  );
}

/** Where the gateway at a port keeps the header that it asks for, as `curl -H @FILE` takes it: an argument would be seen by every user. */
const fileOf = (env: Readonly<NodeJS.ProcessEnv>, port: number): string =>
  join(cacheDir(env), `gateway-${port}.header`);

/** Writes that header for its owner's eyes only. Only who holds the port may. */
export function keepToken(
  env: Readonly<NodeJS.ProcessEnv>,
  port: number,
  token: string,
): { readonly file: string; forget(): void } {
  const file = fileOf(env, port);
  mkdirSync(cacheDir(env), { recursive: true, mode: 0o700 });
  // Made anew, never opened: one that lies there may be open to others, or lead elsewhere.
  rmSync(file, { force: true });
  writeFileSync(file, `Authorization: Bearer ${token}\n`, { mode: 0o600, flag: 'wx' });
  return { file, forget: () => rmSync(file, { force: true }) };
}

/** The header to send to the gateway of this user at a port; none where it asks for none. */
export function headerFor(env: Readonly<NodeJS.ProcessEnv>, port: number): string | undefined {
  if (env['WARDEN_TOKEN']) return `Bearer ${env['WARDEN_TOKEN']}`;
  try {
    return readFileSync(fileOf(env, port), 'utf8')
      .trim()
      .replace(/^Authorization: /, '');
  } catch {
    return undefined;
  }
}

const hashOf = (text: string): Buffer => createHash('sha256').update(text).digest();

/** True for the header that bears this token, in the same time for any that does not. */
export const bears = (header: string | undefined, token: string): boolean =>
  timingSafeEqual(hashOf(/^bearer +(.*)$/i.exec(header ?? '')?.[1] ?? ''), hashOf(token));

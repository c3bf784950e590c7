import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ConsoleFiles } from '../../console/build.ts';
import { finished, type HttpAnswer } from '../../lib/http/answer.ts';

/** The console's files in a package, beside its command. */
const PACKED = join(import.meta.dirname, '../console');

const TYPES: Readonly<Record<string, string>> = {
  'index.html': 'text/html; charset=utf-8',
  'app.js': 'text/javascript; charset=utf-8',
  'app.css': 'text/css; charset=utf-8',
};

/** No other origin, no code and no style inside the page, no form that leads elsewhere, and no text that becomes markup. */
const HEADERS = {
  'content-security-policy': [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "connect-src 'self'",
    "img-src 'self' data:",
    "base-uri 'none'",
    "frame-ancestors 'none'",
    "form-action 'none'",
    "require-trusted-types-for 'script'",
    "trusted-types 'none'",
  ].join('; '),
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
} as const;

let built: Promise<ConsoleFiles> | undefined;

/** Those of the package; in a working copy they are made of what stands in `console/`, once for each process. */
async function filesOf(): Promise<ConsoleFiles> {
  if (!existsSync(PACKED)) return (await (await import('../../console/build.ts')).buildConsole()).files;
  return new Map(Object.keys(TYPES).map((name) => [name, readFileSync(join(PACKED, name), 'utf8')]));
}

/**
 * Answers a request for the console's page, which holds nothing secret and so needs no token; `undefined` for one of the
 * API.
 */
export async function consoleAnswer(method: string, path: string, requestId: string): Promise<HttpAnswer | undefined> {
  if (method !== 'GET' && method !== 'HEAD') return undefined;
  if (path === '/' || path === '/console') {
    return finished({ statusCode: 302, headers: { location: '/console/' }, body: '' }, requestId);
  }
  if (!path.startsWith('/console/')) return undefined;
  const name = path.slice('/console/'.length) || 'index.html';
  const type = TYPES[name];
  if (type === undefined) return undefined;
  // One that failed is tried again at the next call.
  built ??= filesOf().catch((error: unknown) => {
    built = undefined;
    throw error;
  });
  const body = (await built).get(name) ?? '';
  return finished({ statusCode: 200, headers: { ...HEADERS, 'content-type': type }, body }, requestId);
}

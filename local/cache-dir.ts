import { homedir } from 'node:os';
import { isAbsolute, join } from 'node:path';

/** The folder for what can be fetched or made again: `$XDG_CACHE_HOME`, else the platform's own, `session-warden` below. */
export function cacheDir(env: Readonly<NodeJS.ProcessEnv> = process.env, platform = process.platform): string {
  const given = env['XDG_CACHE_HOME'];
  // The XDG specification: a relative path is to be ignored.
  if (given && isAbsolute(given)) return join(given, 'session-warden');
  return join(homedir(), platform === 'darwin' ? 'Library/Caches' : '.cache', 'session-warden');
}

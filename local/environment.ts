import { nearest } from '../lib/config/nearest.ts';

/** Every variable whose name begins with `WARDEN_` that the command, `warden serve` and `npm start` read (docs/cli.md). */
const KNOWN: readonly string[] = ['WARDEN_API', 'WARDEN_CONFIG', 'WARDEN_TARGET', 'WARDEN_TOKEN'];

/** What Kubernetes gives each container where a service is called `warden`. */
const OF_KUBERNETES = /^WARDEN_(?:SERVICE_(?:HOST|PORT(?:_\w+)?)|PORT(?:_\d+_\w+)?)$/;

/**
 * What to say of a variable that none here reads, such as a misspelt token, for which another would be taken in silence;
 * `undefined` where each is known. It quotes no value.
 */
export function misspeltVariable(env: Readonly<NodeJS.ProcessEnv>): string | undefined {
  const unknown = Object.keys(env).find(
    (name) => name.startsWith('WARDEN_') && !KNOWN.includes(name) && !OF_KUBERNETES.test(name),
  );
  if (unknown === undefined) return undefined;
  const meant = nearest(
    unknown.slice('WARDEN_'.length),
    KNOWN.map((name) => name.slice('WARDEN_'.length)),
  );
  const advice = meant === undefined ? `unset it; there are ${KNOWN.join(', ')}` : `did you mean WARDEN_${meant}?`;
  return `there is no variable ${unknown}: ${advice}`;
}

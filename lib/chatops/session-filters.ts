import type { SessionQuery } from '../sessions/list-sessions.ts';
import type { Mistake } from './command.ts';
import { nearest } from './nearest.ts';

const UNITS: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3_600, d: 86_400 };
const EXAMPLE = 'sessions shop user=app_* min=30s idle=10m trx=yes text=orders';

type Filters = Partial<SessionQuery>;
const FILTERS: Readonly<Record<string, (value: string) => Filters | undefined>> = {
  user: (user) => ({ user }),
  host: (host) => ({ host }),
  db: (db) => ({ db }),
  command: (command) => ({ command }),
  state: (state) => ({ state }),
  tenant: (tenant) => ({ tenant }),
  proxy: (proxySessionId) => ({ proxySessionId }),
  text: (text) => ({ text }),
  min: (value) => when(seconds(value), (minTime) => ({ minTime })),
  idle: (value) => when(seconds(value), (idleFor) => ({ idleFor })),
  trx: (value) => (value === 'yes' || value === 'no' ? { inTransaction: value === 'yes' } : undefined),
};

/** Reads `name=value` words; text compares exactly, with `*` for any run of characters. */
export function readFilters(words: readonly string[]): Filters | Mistake {
  let all: Filters = {};
  for (const word of words) {
    const at = word.indexOf('=');
    const name = at < 0 ? word : word.slice(0, at);
    const read = Object.hasOwn(FILTERS, name) ? FILTERS[name] : undefined;
    if (read === undefined) {
      const meant = nearest(name, Object.keys(FILTERS));
      const hint = meant === undefined ? `Filters are ${Object.keys(FILTERS).join(', ')}.` : `Did you mean ${meant}=?`;
      return { problem: `I do not know that filter. ${hint}`, example: EXAMPLE };
    }
    const filter = at < 0 || at === word.length - 1 ? undefined : read(word.slice(at + 1));
    if (filter === undefined) return { problem: `${name}= needs a value such as in the example.`, example: EXAMPLE };
    all = { ...all, ...filter };
  }
  return all;
}

function seconds(text: string): number | undefined {
  const [, digits, unit = 's'] = /^(\d{1,7})([smhd]?)$/.exec(text) ?? [];
  return digits === undefined ? undefined : Number(digits) * (UNITS[unit || 's'] ?? 1);
}

const when = <T>(value: T | undefined, make: (value: T) => Filters): Filters | undefined =>
  value === undefined ? undefined : make(value);

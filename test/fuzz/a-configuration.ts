import { expect } from 'vitest';
import { stringify } from 'yaml';
import { parseConfig } from '../../lib/config/config.ts';
import { AppError } from '../../lib/errors.ts';

/** A valid file with every kind of field. */
export const FILE = {
  access: [
    { who: { group: 'dba' }, targets: ['*'], privileges: ['PROCESS', 'SUPER'], statements: 'full' },
    {
      who: { email: '*@example.com', claim: { team: 'x' } },
      targets: ['a-*'],
      users: ['{email.local}'],
      privileges: 'from-database',
    },
    { who: { sub: 'ann' }, targets: ['b'], privileges: ['SUPER'], approval: { by: { group: 'dba' }, within: '5m' } },
  ],
  protected: { users: ['backup*'] },
  requireTags: true,
  stop: false,
  timeouts: { connect: 1, statement: 5, overall: 20 },
  reapers: [
    {
      name: 'idle-app',
      every: '5m',
      targets: ['*-prod'],
      kill: 'query',
      escalateAfter: '5s',
      match: { command: 'Sleep', idle: '10m', any: [{ user: '/^app/i' }, { not: { host: '10.0.0.0/24' } }] },
      ignore: [{ info: 'SELECT*' }],
      groupBy: 'user',
      when: { count: 5, connectionsUsed: '80%' },
      victims: 'all-but-oldest',
      limits: { perRun: 10, share: '25%' },
      mode: 'enforce',
    },
  ],
};
export const VALID = stringify(FILE);

type Place = { readonly path: readonly (string | number)[]; readonly isMap: boolean };
const placesOf = (value: unknown, path: readonly (string | number)[] = []): readonly Place[] => {
  if (typeof value !== 'object' || value === null) return [{ path, isMap: false }];
  const entries = Array.isArray(value) ? [...value.entries()] : Object.entries(value);
  return [{ path, isMap: !Array.isArray(value) }, ...entries.flatMap(([key, part]) => placesOf(part, [...path, key]))];
};
/** Every place of the file. */
export const PLACES = placesOf(FILE);

/** The file with another value at a place. */
export function withAt(
  value: unknown,
  [step, ...rest]: readonly (string | number)[],
  change: (old: unknown) => unknown,
): unknown {
  if (step === undefined) return change(value);
  if (Array.isArray(value)) return value.map((part, at) => (at === step ? withAt(part, rest, change) : part));
  const map = value as Readonly<Record<string, unknown>>;
  return { ...map, [step]: withAt(map[step], rest, change) };
}

/** What YAML is made of. */
export const YAML_PIECES = [
  'access:',
  '\n',
  '  ',
  '- ',
  ': ',
  '{',
  '}',
  '[',
  ']',
  '*a',
  '&a ',
  '<<',
  '!!',
  "'",
  '"',
  '|',
  '>',
  '#',
  '?',
  '---',
  '%YAML',
  '\t',
  '\0',
  'é',
  '😀',
  '1e999',
  '.nan',
  '0x1',
  '~',
  'who',
  'targets',
] as const;

/** `valid`, or the detail of the one error that there may be. */
export function read(text: string): string {
  try {
    parseConfig(text, 'warden.yaml');
    return 'valid';
  } catch (error) {
    expect(error).toBeInstanceOf(AppError);
    expect(error).toMatchObject({ code: 'configuration-invalid' });
    const detail = error instanceof AppError ? (error.detail ?? '') : '';
    for (const line of detail.split('\n')) expect(line).toMatch(/^(?:warden\.yaml:\d+: .|and \d+ more$)/u);
    return detail;
  }
}

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseConfig } from '../../../../lib/config/config.ts';
import { nearest } from '../../../../lib/config/nearest.ts';
import { chooseApi } from '../../../../local/cli/api/choose-api.ts';
import { misspeltVariable } from '../../../../local/environment.ts';

const KNOWN = ['vpc', 'databases', 'secretPrefix', 'secretTag', 'auditTable', 'iam'];

describe('the name that was meant', () => {
  it.each([
    ['vcp', 'vpc'],
    ['database', 'databases'],
    ['secret-prefix', 'secretPrefix'],
    ['SECRETTAG', 'secretTag'],
    ['auditTabel', 'auditTable'],
  ])('of %s is %s', (word, meant) => {
    expect(nearest(word, KNOWN)).toBe(meant);
  });

  it.each(['colour', '', 'x', 'vpcEndpoints'])('is none for %s', (word) => {
    expect(nearest(word, KNOWN)).toBeUndefined();
  });

  it('is found for any name with a letter more, less or changed', () => {
    const long = KNOWN.filter((name) => name.length > 3);
    fc.assert(
      fc.property(fc.constantFrom(...long), fc.nat(), fc.constantFrom('', 'q', 'qq'), (name, place, put) => {
        const at = place % name.length;
        expect(nearest(`${name.slice(0, at)}${put}${name.slice(at + 1)}`, KNOWN)).toBe(name);
      }),
    );
  });
});

describe('an unknown field of warden.yaml', () => {
  it.each([
    ['reaper: []', 'warden.yaml:1: there is no field `reaper`: did you mean `reapers`?'],
    ['access:\n  - who: { grup: dba }', 'access[0].who: there is no field `grup`: did you mean `group`?'],
    ['limits: { perRuns: 1 }', 'limits: there is no field `perRuns`'],
    [
      "reapers:\n  - { name: a, targets: ['*'], kill: query, match: { any: [{ busi: 1m }] } }",
      'warden.yaml:2: reapers[0].match.any[0]: there is no field `busi`: did you mean `busy`?',
    ],
    ['colour: red', 'there is no field `colour`: remove it, or correct its name'],
  ])('%s', (text, message) => {
    expect(() => parseConfig(text, 'warden.yaml')).toThrow(
      expect.objectContaining({ detail: expect.stringContaining(message) }),
    );
  });
});

describe('an unknown variable', () => {
  it.each([
    ['WARDEN_TOKN', 'did you mean WARDEN_TOKEN?'],
    ['WARDEN_APIS', 'did you mean WARDEN_API?'],
    ['WARDEN_TOKEN_FILE', 'unset it; there are WARDEN_API, WARDEN_CONFIG'],
  ])('%s is told, without its value', (name, advice) => {
    const said = misspeltVariable({ [name]: 'hidden', PATH: '/bin' });
    expect(said).toContain(`there is no variable ${name}: `);
    expect(said).toContain(advice);
    expect(said).not.toContain('hidden');
  });

  it.each([{}, { DATABASE_URL: 'mysql://app@127.0.0.1:1' }, { WARDEN_API: 'https://warden.example.com' }])(
    'keeps the command from asking %j',
    async (env) => {
      await expect(chooseApi({}, { ...env, WARDEN_TOKN: 'hidden' })).rejects.toThrow(
        /WARDEN_TOKN: did you mean WARDEN_TOKEN/,
      );
    },
  );

  it("is none of ours, and none of Kubernetes' for a service of that name", () => {
    const ofKubernetes = {
      WARDEN_SERVICE_HOST: 'h',
      WARDEN_SERVICE_PORT: '1',
      WARDEN_PORT_8787_TCP_ADDR: 'a',
      WARDEN_PORT: 't',
    };
    expect(misspeltVariable({ ...ofKubernetes, WARDEN_TOKEN: 't', WARDENS: 'x' })).toBeUndefined();
  });
});

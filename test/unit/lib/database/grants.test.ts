import { describe, expect, it } from 'vitest';
import { privilegesOf, toAccounts } from '../../../../lib/database/grants.ts';

describe('a list of accounts', () => {
  it.each([
    ['', []],
    ['a', ["'a'@'%'"]],
    ["a, `we,ird`@`10.%`,'x'@localhost", ["'a'@'%'", "'we,ird'@'10.%'", "'x'@'localhost'"]],
    ["'o''k'@'%',\"q\"@'::1'", ["'o'k'@'%'", "'q'@'::1'"]],
    ["PUBLIC@''", ["'PUBLIC'@''"]],
  ])('is read as the server writes it: %s', (list, accounts) => {
    expect(toAccounts(list)).toEqual(accounts);
  });
});

describe('a role that every account has', () => {
  const held = [
    { grantee: "'ann'@'%'", privilege: 'USAGE' },
    { grantee: "'ben'@'%'", privilege: 'SUPER' },
    { grantee: "'inner'@'%'", privilege: 'PROCESS' },
  ];
  const roles = [{ role: "'inner'@'%'", member: "'all'@'%'" }];
  const of = (user: string, everybody?: string[]) => privilegesOf([user], held, roles, ['SUPER'], everybody);

  it('counts for each, with the roles that it has itself', () => {
    expect(of('ann', ["'all'@'%'"])).toEqual({ process: true, super: false });
    expect(of('ben', ["'all'@'%'"])).toEqual({ process: true, super: true });
    expect(of('ann')).toEqual({ process: false, super: false });
  });

  it('counts for no account that no one can log in as, and the accounts of the name that are left decide', () => {
    const two = [...held, { grantee: "'ben'@'10.%'", privilege: 'USAGE' }];
    const left = (...barred: string[]) =>
      privilegesOf(
        ['ben'],
        two,
        roles,
        ['SUPER'],
        [],
        barred.map((account) => ({ account })),
      );
    expect(left()).toEqual({ process: false, super: false });
    expect(left("'ben'@'10.%'")).toEqual({ process: false, super: true });
    expect(left("'ben'@'%'")).toEqual({ process: false, super: false });
    expect(left("'ben'@'%'", "'ben'@'10.%'")).toEqual({ process: false, super: false });
  });

  it('makes no account of a name that the server does not know', () => {
    expect(of('nobody', ["'ben'@'%'"])).toEqual({ process: false, super: false });
  });
});

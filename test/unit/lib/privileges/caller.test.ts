import { describe, expect, it } from 'vitest';
import { principalFromAuthorizer } from '../../../../lib/privileges/principal-from-event.ts';

describe('a verified caller', () => {
  const role = 'arn:aws:sts::123456789012:assumed-role/Admin/session';
  const user = 'arn:aws:iam::123456789012:user/ann';
  const iam = (userArn: unknown, accountId?: unknown) =>
    principalFromAuthorizer({ iam: { userArn, ...(accountId !== undefined && { accountId }) } });

  it.each([
    [[role]],
    [` ${role}`],
    [`x${role}`],
    [`${role} `],
    [`${role}\n`],
    [`${user} x`],
    [`x${user}`],
    [`${user}\n`],
    [{}],
    [null],
  ])('is nobody by the ARN %j', (arn) => {
    expect(iam(arn)).toBeUndefined();
  });

  it('is the one of the account, where that is told', () => {
    expect(iam(role)).toMatchObject({ source: 'iam', subject: 'arn:aws:iam::123456789012:role/Admin' });
    expect(iam(user, null)).toMatchObject({ subject: user });
    expect(iam(user, '123456789012')).toMatchObject({ subject: user });
    expect(iam(user, '999999999999')).toBeUndefined();
  });

  it.each([['x'], [''], [0], [true], [[]], [[{ userArn: user }]], [null], [undefined]])(
    'is told by claims though iam is %j',
    (nothing) => {
      expect(principalFromAuthorizer({ iam: nothing, jwt: { claims: { sub: 'ann' } } })).toMatchObject({
        subject: 'ann',
      });
      expect(principalFromAuthorizer({ iam: { userArn: user }, jwt: { claims: nothing } })).toMatchObject({
        subject: user,
      });
      expect(principalFromAuthorizer(nothing)).toBeUndefined();
    },
  );

  it.each([
    [
      ['a', '', 'b'],
      ['a', 'b'],
    ],
    [['a', 1], []],
    ['[a  b, c]', ['a', 'b', 'c']],
    ['[]', []],
    ['a b', ['a b']],
  ])('of the groups %j is in %j', (groups, names) => {
    expect(principalFromAuthorizer({ jwt: { claims: { sub: 'ann', groups } } })?.groups).toEqual(names);
  });
});

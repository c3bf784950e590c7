import { describe, expect, it } from 'vitest';
import { principalFromAuthorizer } from '../../../../lib/privileges/principal-from-event.ts';

const jwt = (claims: unknown) => principalFromAuthorizer({ jwt: { claims, scopes: null } });
const iam = (userArn: unknown, more: object = {}) => principalFromAuthorizer({ iam: { userArn, ...more } });

describe('the principal of a JWT', () => {
  it('has subject, groups and claims', () => {
    expect(
      jwt({ sub: 'ann', groups: '[dba ops]', email: 'ann@example.com', exp: 1.7e9, email_verified: true }),
    ).toEqual({
      source: 'jwt',
      subject: 'ann',
      groups: ['dba', 'ops'],
      claims: { sub: 'ann', groups: '[dba ops]', email: 'ann@example.com', exp: '1700000000', email_verified: 'true' },
    });
  });

  it.each([
    ['[a b]', ['a', 'b']],
    ['[a, b]', ['a', 'b']],
    ['[a]', ['a']],
    ['[]', []],
    ['a', ['a']],
    ['a b', ['a b']],
    [
      ['a', 'b c'],
      ['a', 'b c'],
    ],
    ['', []],
    ['[a b', []],
    ['a b]', []],
    ['[a [b]]', []],
    ['[a] [b]', []],
    ['["a","b"]', []],
    ['{a}', []],
    [['a', 1], []],
    [{ a: 'b' }, []],
    [null, []],
  ])('reads the groups %j as %j', (groups, expected) => {
    expect(jwt({ sub: 'ann', groups })?.groups).toEqual(expected);
  });

  it('joins the groups of both claims', () => {
    expect(jwt({ sub: 'ann', groups: '[a b]', 'cognito:groups': ['b', 'c'] })?.groups).toEqual(['a', 'b', 'c']);
  });

  it.each([[{}], [{ sub: '' }], [{ sub: ' ' }], [{ sub: 1 }], [{ sub: null }], [[]], [null], ['x']])(
    'is nobody with the claims %j',
    (claims) => {
      expect(jwt(claims)).toBeUndefined();
    },
  );

  it('takes no claim from a prototype', () => {
    const claims = jwt(JSON.parse('{"sub":"ann","__proto__":{"email":"root@example.com"}}'))?.claims;
    expect(Object.keys(claims ?? {})).toEqual(['sub']);
    expect(claims?.['email']).toBeUndefined();
  });
});

describe('the principal of IAM', () => {
  it('is the user', () => {
    const arn = 'arn:aws:iam::123456789012:user/team/ann';
    expect(iam(arn, { accountId: '123456789012' })).toEqual({ source: 'iam', subject: arn, groups: [], claims: {} });
  });

  it.each(['ann', 'dba', 'ann@example.com'])('is the role, whatever the session is called: %s', (session) => {
    const principal = iam(`arn:aws:sts::123456789012:assumed-role/App/${session}`, { accountId: '123456789012' });
    expect(principal?.subject).toBe('arn:aws:iam::123456789012:role/App');
  });

  it('keeps the partition', () => {
    expect(iam('arn:aws-cn:sts::123456789012:assumed-role/App/s')?.subject).toBe(
      'arn:aws-cn:iam::123456789012:role/App',
    );
  });

  it.each([
    ['arn:aws:iam::123456789012:root'],
    ['arn:aws:sts::123456789012:federated-user/ann'],
    ['arn:aws:sts::123456789012:assumed-role/App'],
    ['arn:aws:sts::123456789012:assumed-role/App/s/t'],
    ['arn:aws:sts::123456789012:assumed-role/App/s\n'],
    ['arn:aws:iam::123456789012:role/App'],
    ['arn:aws:iam::x:user/ann'],
    [' arn:aws:iam::123456789012:user/ann'],
    [''],
    [undefined],
    [{}],
  ])('is nobody for %j', (arn) => {
    expect(iam(arn)).toBeUndefined();
  });

  it('is nobody where the account is another than the ARN says', () => {
    expect(iam('arn:aws:iam::123456789012:user/ann', { accountId: '210987654321' })).toBeUndefined();
  });
});

describe('the authorizer', () => {
  it.each([[undefined], [null], ['x'], [{}], [{ jwt: null }], [{ jwt: {} }], [{ lambda: { sub: 'ann' } }], [[]]])(
    'gives nobody for %j',
    (authorizer) => {
      expect(principalFromAuthorizer(authorizer)).toBeUndefined();
    },
  );

  it('gives nobody for two identities at once', () => {
    const userArn = 'arn:aws:iam::123456789012:user/ann';
    expect(principalFromAuthorizer({ jwt: { claims: { sub: 'ann' } }, iam: { userArn } })).toBeUndefined();
  });
});

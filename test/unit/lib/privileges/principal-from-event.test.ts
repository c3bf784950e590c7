import { describe, expect, it } from 'vitest';
import { principalFromAuthorizer } from '../../../../lib/privileges/principal.ts';

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
    'is no one with the claims %j',
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
  ])('is no one for %j', (arn) => {
    expect(iam(arn)).toBeUndefined();
  });

  it('is no one where the account is another than the ARN says', () => {
    expect(iam('arn:aws:iam::123456789012:user/ann', { accountId: '210987654321' })).toBeUndefined();
  });
});

describe('the authorizer', () => {
  it.each([[undefined], [null], ['x'], [{}], [{ jwt: null }], [{ jwt: {} }], [{ lambda: { sub: 'ann' } }], [[]]])(
    'gives no one for %j',
    (authorizer) => {
      expect(principalFromAuthorizer(authorizer)).toBeUndefined();
    },
  );

  it('gives no one for two identities at once', () => {
    const userArn = 'arn:aws:iam::123456789012:user/ann';
    expect(principalFromAuthorizer({ jwt: { claims: { sub: 'ann' } }, iam: { userArn } })).toBeUndefined();
  });
});

describe('a token', () => {
  const from = (claims: object) => principalFromAuthorizer({ jwt: { claims: { sub: 'ada', ...claims } } });

  it.each([
    ['of Cognito', { token_use: 'id' }],
    ['of Keycloak', { typ: 'ID' }],
    ['that answers a nonce', { nonce: 'n' }],
    ['that vouches for an access token', { at_hash: 'h' }],
    ['that vouches for a code', { c_hash: 'h' }],
    ['that is for refreshing', { typ: 'Refresh' }],
    ['whose use nobody knows', { token_use: 'refresh' }],
  ])('identifies no one where it is an ID token %s', (_, claims) => {
    expect(from(claims)).toBeUndefined();
  });

  it.each([
    ['of Cognito', { token_use: 'access', client_id: 'c' }],
    ['of Keycloak', { typ: 'Bearer' }],
    ['that does not say', {}],
    ['of RFC 9068, whose type is in its header', { client_id: 'c', jti: 'j', scope: 'warden/look' }],
  ])('identifies the caller where it is an access token %s', (_, claims) => {
    expect(from(claims)).toMatchObject({ subject: 'ada' });
  });
});

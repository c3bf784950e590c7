import { expect, it } from 'vitest';
import { callerOf, NO_CALLER } from '../../../../lib/privileges/principal.ts';

const http = { sourceIp: '203.0.113.7', userAgent: 'curl/8.5' };
const over = { ...NO_CALLER, ...http };
const iam = (userArn: unknown) => ({ iam: { userArn } });
const jwt = (claims: unknown) => ({ jwt: { claims } });

it.each([
  [
    'a role’s session',
    iam('arn:aws:sts::111122223333:assumed-role/Dba/ada@example.com'),
    { sessionName: 'ada@example.com' },
  ],
  ['one of China', iam('arn:aws-cn:sts::111122223333:assumed-role/Dba/i-0abc'), { sessionName: 'i-0abc' }],
  ['an IAM user', iam('arn:aws:iam::111122223333:user/ada'), {}],
  ['no ARN', iam({ toString: () => 'arn:aws:sts::1:assumed-role/Dba/forged' }), {}],
  [
    'a JWT',
    jwt({ iss: 'https://id.example.com', client_id: 'cli' }),
    { issuer: 'https://id.example.com', client: 'cli' },
  ],
  [
    'a JWT of OpenID Connect',
    jwt({ iss: 'https://id.example.com', azp: 'web' }),
    { issuer: 'https://id.example.com', client: 'web' },
  ],
  ['claims that are no text', jwt({ iss: 7, client_id: '', azp: null }), {}],
  ['nothing', undefined, {}],
])('tells what the gateway says of %s', (_who, authorizer, expected) => {
  expect(callerOf(authorizer, http)).toEqual({ ...over, ...expected });
});

it('tells nothing where the gateway says nothing', () => {
  for (const nothing of [undefined, null, 'x', [], {}]) expect(callerOf(nothing, nothing)).toEqual(NO_CALLER);
});

it('takes no line break, no mark of direction and no novel from a caller', () => {
  const { userAgent } = callerOf(undefined, { userAgent: `a\n\u202eb${'c'.repeat(1_000)}` });
  expect(userAgent).toBe(`a  b${'c'.repeat(252)}`);
});

import { describe, expect, it } from 'vitest';
import { claimsFrom } from '../../../../local/gateway/local-claims.ts';

/** As Node hands on a header: every byte a character. */
const sent = (text: string) => Buffer.from(text, 'utf8').toString('latin1');

describe('claimsFrom', () => {
  it('takes a caller who plays no one for an operator', () => {
    expect(claimsFrom(undefined)).toEqual({ sub: 'local-operator', groups: '[operator]' });
  });

  it('writes claims as API Gateway does', () => {
    const header = sent(
      '{"sub":"ada ü","groups":["dev","dba"],"email":"ada@example.com","age":3,"email_verified":true}',
    );
    expect(claimsFrom(header)).toEqual({
      sub: 'ada ü',
      groups: '[dev dba]',
      email: 'ada@example.com',
      age: '3',
      email_verified: 'true',
    });
  });

  it.each([
    '',
    'ada',
    '[]',
    'null',
    '{}',
    '{"sub":""}',
    '{"sub":1}',
    '{"sub":"ada","groups":"dba"}',
    '{"sub":"ada","groups":["a b"]}',
    '{"sub":"ada","groups":["a]"]}',
    '{"sub":"ada","groups":[""]}',
    '{"sub":"ada","nested":{"a":1}}',
    '{"sub":"ada"},{"sub":"eve"}',
    '\xff',
  ])('refuses %j', (header) => {
    expect(() => claimsFrom(header)).toThrow(expect.objectContaining({ code: 'request-invalid' }));
  });
});

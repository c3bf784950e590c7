import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseRequest, type RequestShape } from '../../../../lib/http/parse.ts';
import { readRequest } from '../../../../lib/http/request.ts';
import { killConnectionRequest } from '../../../../lib/http/requests.ts';
import { isSessionId } from '../../../../lib/sessions/session.ts';
import { anEvent } from '../../../support/http-event.ts';

const parse = <P, Q, B>(shape: RequestShape<P, Q, B>, over: Record<string, unknown>) =>
  parseRequest(shape, readRequest(anEvent(over)));
const refusal = (detail: RegExp | string, code = 'request-invalid') =>
  expect.objectContaining({ code, detail: expect.stringMatching(detail) });
describe('a session ID in the path', () => {
  const path = (id: unknown) => parse(killConnectionRequest, { pathParameters: { target: 'local', id } }).path;

  it.each([
    '0',
    '-1',
    '12abc',
    ' 12',
    '12 ',
    '1e3',
    '0x1f',
    '１２',
    '012',
    '1'.repeat(21),
    '',
    '12\n',
    '%31',
    '+1',
    '1.0',
  ])('is refused as %j', (id) => expect(() => path(id)).toThrow(refusal(/^id: /)));

  it.each(['1', '9007199254740993', '18446744073709551615', '9'.repeat(20)])('is taken digit for digit: %s', (id) => {
    expect(path(id)).toEqual({ target: 'local', id });
  });

  it('is missed by name', () => {
    expect(() => parse(killConnectionRequest, { pathParameters: null })).toThrow(
      refusal(/^(target|id): is missing\.$/),
    );
    expect(() => path(undefined)).toThrow(refusal(/^id: is missing\.$/));
  });

  it('is taken exactly when it is a session ID', () => {
    const near = fc.oneof(fc.string(), fc.stringMatching(/^[0-9 +.-]{0,22}$/));
    fc.assert(
      fc.property(near, (id) => {
        if (isSessionId(id)) expect(path(id).id).toBe(id);
        else expect(() => path(id)).toThrow(refusal(/^id: /));
      }),
    );
  });
});

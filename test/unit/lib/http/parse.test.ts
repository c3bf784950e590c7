import { describe, expect, it } from 'vitest';
import { parseRequest, type RequestShape } from '../../../../lib/http/parse.ts';
import { readRequest } from '../../../../lib/http/request.ts';
import {
  killConnectionRequest,
  killQueryRequest,
  listAuditRequest,
  listSessionsRequest,
} from '../../../../lib/http/requests.ts';
import { anEvent } from '../../../support/http-event.ts';

const parse = <P, Q, B>(shape: RequestShape<P, Q, B>, over: Record<string, unknown>) =>
  parseRequest(shape, readRequest(anEvent(over)));
const refusal = (detail: RegExp | string, code = 'request-invalid') =>
  expect.objectContaining({ code, detail: expect.stringMatching(detail) });
const query = (rawQueryString: string) => parse(listSessionsRequest, { rawQueryString }).query;

describe('query parameters', () => {
  it('have defaults', () => {
    expect(query('')).toEqual({ sort: 'id', limit: 100, full: false });
  });

  it('are read whole', () => {
    const raw = 'user=app_%2A&host=10.0.0.7&db=a%26b&command=Sleep&state=x&minTime=0&idleFor=60&inTransaction=false';
    expect(query(`${raw}&text=a+b%2B,c=d&sort=-time&limit=1000&cursor=abc&full=true`)).toEqual({
      user: 'app_*',
      host: '10.0.0.7',
      db: 'a&b',
      command: 'Sleep',
      state: 'x',
      minTime: 0,
      idleFor: 60,
      inTransaction: false,
      text: 'a b+,c=d',
      sort: '-time',
      limit: 1000,
      cursor: 'abc',
      full: true,
    });
  });

  it.each([
    ['colour=red', /^colour: is not known here\.$/],
    ['User=a', /^User: /],
    ['__proto__=a', /^__proto__: is not known here\.$/],
    ['toString=a', /^toString: /],
    ['user=a&user=b', /^user: is given twice\.$/],
    ['user=a&us%65r=a', /^user: is given twice\.$/],
    ['user', /^user: /],
    ['user=', /^user: /],
    ['user=a%00', /^user: must not hold control characters\.$/],
    ['user=%ff', /^query string: is not percent-encoded UTF-8\.$/],
    ['user=%zz', /^query string: /],
    ['limit=0', /^limit: must be a decimal number from 1 to 1000\.$/],
    ['limit=1001', /^limit: /],
    ['limit=1e2', /^limit: /],
    ['limit=0x10', /^limit: /],
    ['limit=010', /^limit: /],
    ['limit=-1', /^limit: /],
    ['limit=+1', /^limit: /],
    ['limit=1.0', /^limit: /],
    ['limit=', /^limit: /],
    ['limit=%EF%BC%91', /^limit: /],
    ['minTime=99999999999999', /^minTime: /],
    ['full=1', /^full: must be true or false\.$/],
    ['full=TRUE', /^full: /],
    ['sort=name', /^sort: must be one of id, -id, time/],
    ['cursor=a%20b', /^cursor: /],
    [`user=${'a'.repeat(257)}`, /^user: must have 1 to 256 characters\.$/],
    [`${'<script>'.repeat(20)}=1`, /^[\w?]{80}: is not known here\.$/],
  ])('are refused by name: %s', (raw, detail) => {
    expect(() => query(raw)).toThrow(refusal(detail));
  });

  it('come from queryStringParameters where the event has no raw ones', () => {
    const parsed = parse(listSessionsRequest, { rawQueryString: undefined, queryStringParameters: { user: 'a,b' } });
    expect(parsed.query.user).toBe('a,b');
  });

  it('of a kill are bounded', () => {
    const reason = (text: string) =>
      parse(killQueryRequest, { rawQueryString: new URLSearchParams({ reason: text }).toString() }).query.reason;
    expect(reason('🦭'.repeat(500))).toHaveLength(1000);
    expect(() => reason('a'.repeat(501))).toThrow(refusal(/^reason: /));
    expect(() => reason('a\nb')).toThrow(refusal(/^reason: /));
    expect(() => reason('a\u2028b')).toThrow(refusal(/^reason: /));
    for (const raw of ['escalateAfter=0', 'escalateAfter=16', 'escalateAfter=1.5']) {
      expect(() => parse(killQueryRequest, { rawQueryString: raw })).toThrow(refusal(/^escalateAfter: /));
    }
    expect(() => parse(killConnectionRequest, { rawQueryString: 'escalateAfter=5' })).toThrow(refusal(/not known/));
  });

  it('of the audit list read times as UTC', () => {
    const audit = (rawQueryString: string) => parse(listAuditRequest, { rawQueryString }).query;
    expect(audit('from=2026-11-24T08:00:00%2B08:00&to=2026-11-24T08:00:00Z')).toEqual({
      from: '2026-11-24T00:00:00.000Z',
      to: '2026-11-24T08:00:00.000Z',
      limit: 100,
    });
    for (const time of [
      '2026-11-24',
      '2026-11-24T08:00:00',
      '2026-02-30T08:00:00Z',
      '2026-11-24T08:00:00+08:00',
      '1',
    ]) {
      expect(() => audit(`from=${time}`)).toThrow(refusal(/^from: must be ISO 8601 with an offset/));
    }
    expect(() => audit('limit=501')).toThrow(refusal(/^limit: /));
  });
});

import { describe, expect, it } from 'vitest';
import { parseRequest, type RequestShape } from '../../../../lib/http/parse.ts';
import { readRequest } from '../../../../lib/http/request.ts';
import { getSessionRequest, killConnectionRequest, killSessionsRequest } from '../../../../lib/http/requests.ts';
import { anEvent } from '../../../support/http-event.ts';

const parse = <P, Q, B>(shape: RequestShape<P, Q, B>, over: Record<string, unknown>) =>
  parseRequest(shape, readRequest(anEvent(over)));
const refusal = (detail: RegExp | string, code = 'request-invalid') =>
  expect.objectContaining({ code, detail: expect.stringMatching(detail) });
const kills = (body: unknown) =>
  parse(killSessionsRequest, { body: typeof body === 'string' ? body : JSON.stringify(body) }).body;

describe('a body', () => {
  const one = { id: '42', kind: 'query' };

  it('is read strictly', () => {
    const body = { kills: [one, { id: '42', kind: 'connection', tag: 'a.b-c_1' }], reason: 'why' };
    expect(kills(body)).toEqual(body);
  });

  it.each([
    ['{', /^body: is not JSON\.$/],
    ['', /^body: is missing\.$/],
    ['null', /^body: is missing\.$/],
    ['[]', /^body: must be of type object\.$/],
    ['"x"', /^body: /],
    [{}, /^kills: is missing\.$/],
    [{ kills: [] }, /^kills: must have at least 1\.$/],
    [{ kills: [one], force: true }, /^force: is not known here\.$/],
    ['{"kills":[{"id":"1","kind":"query","__proto__":{}}]}', /^kills\[0\]\.__proto__: is not known here\.$/],
    [{ kills: [one, { ...one, dryRun: true }] }, /^kills\[1\]\.dryRun: is not known here\.$/],
    [{ kills: [{ id: 42, kind: 'query' }] }, /^kills\[0\]\.id: must be of type string\.$/],
    [{ kills: [{ id: '12abc', kind: 'query' }] }, /^kills\[0\]\.id: must be 1 to 20 decimal digits/],
    [{ kills: [{ id: '42' }] }, /^kills\[0\]\.kind: /],
    [{ kills: [{ id: '42', kind: 'session' }] }, /^kills\[0\]\.kind: must be one of connection, query\.$/],
    [{ kills: [{ ...one, tag: '"a"' }] }, /^kills\[0\]\.tag: /],
    [{ kills: [{ ...one, tag: null }] }, /^kills\[0\]\.tag: /],
    [{ kills: [one, { id: '7', kind: 'query' }, one] }, /^kills\[2\]: is there twice\.$/],
    [{ kills: [one], reason: 'a\tb' }, /^reason: /],
    [{ kills: [one], reason: 'a\ud800' }, /^reason: /],
  ])('is refused by name: %j', (body, detail) => {
    expect(() => kills(body)).toThrow(refusal(detail));
  });

  it('holds at most 1,000 kills', () => {
    const many = (length: number) => ({
      kills: Array.from({ length }, (_, at) => ({ id: `${at + 1}`, kind: 'query' })),
    });
    expect(kills(many(1000)).kills).toHaveLength(1000);
    expect(() => kills(many(1001))).toThrow(refusal(/^kills: must have at most 1000\.$/));
  });

  it('in base64 is decoded, and refused where it is none or not UTF-8', () => {
    const encoded = (body: string) => parse(killSessionsRequest, { body, isBase64Encoded: true }).body;
    expect(encoded(btoa(JSON.stringify({ kills: [one] })))).toEqual({ kills: [one] });
    expect(() => encoded('***')).toThrow(refusal(/^body: is not base64\.$/));
    expect(() => encoded(btoa('"\xff"'))).toThrow(refusal(/^body: is not UTF-8\.$/));
  });

  it('must be text and sent as JSON', () => {
    expect(() => parse(killSessionsRequest, { body: { kills: [] } })).toThrow(refusal(/^body: must be text\.$/));
    for (const headers of [null, { 'content-type': 'text/plain' }, { 'content-type': 'application/jsonp' }]) {
      expect(() => parse(killSessionsRequest, { body: '{}', headers })).toThrow(
        expect.objectContaining({ code: 'media-type-unsupported' }),
      );
    }
    const headers = { 'Content-Type': 'application/json; charset=utf-8' };
    expect(parse(killSessionsRequest, { body: JSON.stringify({ kills: [one] }), headers }).body.kills).toHaveLength(1);
  });

  it('is refused where none is taken', () => {
    for (const body of ['{"reason":"x"}', 'null', 'x=1'])
      for (const headers of [{ 'content-type': 'application/json' }, { 'content-type': 'text/plain' }, {}])
        expect(() => parse(killConnectionRequest, { body, headers })).toThrow(refusal(/^body: is not taken/));
  });
});

describe('If-Match', () => {
  const headers = (value: string) => ({ headers: { 'If-Match': value } });

  it('is read where it guards, and null without', () => {
    expect(parse(killConnectionRequest, headers('"a"')).tag).toBe('a');
    expect(parse(killConnectionRequest, {}).tag).toBeNull();
  });

  it('is refused when it comes twice, and where it would guard nothing', () => {
    const twice = { headers: { 'If-Match': '"a"', 'if-match': '"a"' } };
    expect(() => parse(killConnectionRequest, twice)).toThrow(refusal(/^If-Match/, 'tag-invalid'));
    expect(() => parse(getSessionRequest, headers('"a"'))).toThrow(refusal(/does not take it/, 'tag-invalid'));
  });
});

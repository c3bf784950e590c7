import { expect, it } from 'vitest';
import { checkLimits, MAX_BODY_BYTES, MAX_PART_BYTES } from '../../../../lib/http/pipeline.ts';
import { readRequest } from '../../../../lib/http/request.ts';
import { anEvent } from '../../../support/http-event.ts';

const check = (over: Record<string, unknown>) => checkLimits(readRequest(anEvent(over)));
const tooLarge = (detail: RegExp) =>
  expect.objectContaining({ code: 'body-too-large', detail: expect.stringMatching(detail) });

it('lets everything pass that is just small enough', () => {
  check({
    body: 'a'.repeat(MAX_BODY_BYTES),
    rawQueryString: 'a'.repeat(MAX_PART_BYTES),
    headers: { a: 'a'.repeat(MAX_PART_BYTES) },
  });
  check({ body: Buffer.alloc(MAX_BODY_BYTES).toString('base64'), isBase64Encoded: true });
});

it.each([
  ['a body', { body: 'a'.repeat(MAX_BODY_BYTES + 1) }, /^body: /],
  ['a body in bytes', { body: 'ä'.repeat(MAX_BODY_BYTES / 2 + 1) }, /^body: /],
  ['a base64 body', { body: Buffer.alloc(MAX_BODY_BYTES + 1).toString('base64'), isBase64Encoded: true }, /^body: /],
  ['a header', { headers: { 'X-Long': 'a'.repeat(MAX_PART_BYTES + 1) } }, /^header x-long: /],
  ['a query', { rawQueryString: 'a'.repeat(MAX_PART_BYTES + 1) }, /^query string: /],
  [
    'a decoded query',
    { rawQueryString: null, queryStringParameters: { a: 'a'.repeat(MAX_PART_BYTES) } },
    /^query string: /,
  ],
])('names %s that is too long', (_part, over, detail) => {
  expect(() => check(over)).toThrow(tooLarge(detail));
});

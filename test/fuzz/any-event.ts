import fc from 'fast-check';
import { sessionTag } from '../../lib/sessions/tags.ts';
import { aSession } from '../unit/lib/reaper/a-session.ts';

/** What no client sends. */
export const odd = fc.oneof(
  fc.jsonValue(),
  fc.anything({ withBigInt: true, withDate: true, withMap: true, withNullPrototype: true }),
  fc.constantFrom(null, undefined, '', [], {}, 0, true, '__proto__', 'constructor'),
  fc.dictionary(fc.oneof(fc.string(), fc.constantFrom('__proto__', 'constructor', 'if-match')), fc.anything()),
);
const claims = fc.oneof(
  { weight: 4, arbitrary: fc.constant({ sub: 'ada', groups: '[operator]' }) },
  { weight: 1, arbitrary: odd },
  {
    weight: 1,
    arbitrary: fc.record({ sub: odd, groups: odd, email: odd, 'cognito:groups': odd }, { requiredKeys: [] }),
  },
);
const query = fc.oneof(
  fc.constantFrom(
    '',
    'full=true',
    'limit=5&sort=-time',
    'reason=x',
    'escalateAfter=1',
    'user=a*',
    '%',
    '%ff',
    '=',
    '&&',
    'limit=1e3',
    'a=1&a=2',
    'cursor=eyJ9',
  ),
  fc.webQueryParameters(),
  fc.string(),
);
const KILLS = JSON.stringify({ kills: [{ id: '42', kind: 'connection' }] });
const ASKS = JSON.stringify({ kills: [{ id: '42', kind: 'connection', tag: sessionTag(aSession({ id: '42' })) }] });
const REAPS = JSON.stringify({ reaper: 'idle-app' });
const WHY = JSON.stringify({ reason: 'it went mad' });
const body = fc.oneof(
  { weight: 3, arbitrary: fc.constantFrom('', KILLS, ASKS, REAPS, WHY, JSON.stringify({ reaper: 'none' })) },
  { weight: 1, arbitrary: fc.json() },
  { weight: 1, arbitrary: fc.string({ unit: 'binary' }) },
  { weight: 1, arbitrary: fc.base64String() },
  { weight: 1, arbitrary: odd },
);
const headers = fc.oneof(
  { weight: 3, arbitrary: fc.constant({ 'content-type': 'application/json' }) },
  { weight: 1, arbitrary: odd },
  {
    weight: 2,
    arbitrary: fc.dictionary(
      fc.constantFrom('content-type', 'Content-Type', 'if-match', 'idempotency-key', 'x', '__proto__', 'authorization'),
      fc.oneof(
        fc.constantFrom('application/json', '"a"', '*', 'W/"x"', '"', 'k1', 'text/plain'),
        fc.string({ unit: 'binary' }),
        odd,
      ),
    ),
  },
);
const path = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.constantFrom(
      { target: 'local', id: '42', approval: 'x'.repeat(22) },
      { target: 'local', id: '43' },
      { target: 'local', id: '9' },
      { target: 'other', id: '42' },
    ),
  },
  { weight: 1, arbitrary: odd },
  { weight: 1, arbitrary: fc.record({ target: odd, id: odd, source: odd }, { requiredKeys: [] }) },
);
/** An event whose every part may be wrong. */
export const event = fc.record(
  {
    version: fc.constantFrom('2.0', '1.0'),
    rawPath: fc.oneof(fc.string({ unit: 'binary' }), odd),
    rawQueryString: fc.oneof(query, odd),
    queryStringParameters: odd,
    headers,
    pathParameters: path,
    body,
    isBase64Encoded: fc.oneof(fc.boolean(), odd),
    requestContext: fc.oneof(
      {
        weight: 6,
        arbitrary: fc.record({
          requestId: fc.oneof(fc.string(), odd),
          authorizer: fc.record({ jwt: fc.record({ claims }) }),
        }),
      },
      { weight: 1, arbitrary: fc.record({ authorizer: fc.record({ iam: odd, jwt: odd }, { requiredKeys: [] }) }) },
      { weight: 1, arbitrary: odd },
    ),
  },
  { requiredKeys: [] },
);

/** One that every function has an answer for. */
export const whole = fc.constantFrom('', KILLS, ASKS, REAPS, WHY).map((body) => ({
  body,
  headers: { 'content-type': 'application/json' },
  pathParameters: { target: 'local', id: '42', approval: 'x'.repeat(22) },
  requestContext: { authorizer: { jwt: { claims: { sub: 'ada', groups: '[operator]' } } } },
}));

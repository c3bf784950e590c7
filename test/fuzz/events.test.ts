import fc from 'fast-check';
import { expect, it } from 'vitest';
import { CHAT_ROUTES, ROUTES } from '../../functions/routes.ts';
import { ERRORS } from '../../lib/errors.ts';
import type { HttpAnswer } from '../../lib/http/answer.ts';
import { createOpenApi } from '../../lib/http/openapi.ts';
import { loadRoutes } from '../../local/gateway/load-routes.ts';
import { aReaperChat } from '../support/a-reaper-chat.ts';
import { FUNCTIONS, NOW, receiver } from '../support/chat/a-receiver.ts';
import { genuine } from '../support/chat/genuine.ts';
import { scriptedServices } from '../support/scripted-services.ts';
import { aSession, running } from '../unit/lib/reaper/a-session.ts';
import { event, odd, whole } from './any-event.ts';
import { tally } from './tally.ts';

const fuzz = tally(
  'Fuzz: HTTP events',
  'any JSON as the event of every function with a route, and good events with parts changed',
);

const CONFIG = `access: [{ who: { group: operator }, targets: ['*'], privileges: [PROCESS, SUPER], statements: full }]
reapers: [{ name: idle-app, targets: ['*'], kill: connection, match: { idle: 1s } }]`;
const ROWS = [aSession({ id: '42' }), aSession({ id: '43', command: 'Query', statement: running('SELECT 1') })];

/** A server that lists two sessions, which end at once. */
const services = () => ({
  ...scriptedServices(CONFIG, { looks: [ROWS, []] }).services,
  reaperChat: aReaperChat,
});

const document = createOpenApi(ROUTES, '0.0.0');

/** A whole HTTP answer that a client may rely on; its status. */
function statusOf(answer: HttpAnswer): number {
  const { statusCode, headers, body } = answer;
  expect(headers['x-request-id']).toMatch(/^[\w+/=.:-]{1,128}$/);
  for (const value of Object.values(headers)) expect(value).not.toMatch(/[\r\n\0]/);
  if (statusCode >= 400) {
    expect(headers['content-type']).toBe('application/problem+json');
    const problem: Record<string, unknown> = JSON.parse(body);
    expect(Object.keys(ERRORS)).toContain(problem['code']);
    expect(problem['status']).toBe(statusCode);
  }
  expect(statusCode, body).toBeLessThan(500);
  return statusCode;
}

it.each(ROUTES)(
  '$method $path answers any event with a status that it documents, and none of 5xx',
  async ({ name, method, path }) => {
    const documented = Object.keys(document.paths?.[path]?.[method.toLowerCase() as 'get']?.responses ?? {});
    const seen = new Set<number>();
    let load = services;
    const [route] = (await loadRoutes(async () => load())).filter((one) => one.name === name);
    await fuzz.check(
      600,
      fc.asyncProperty(
        fc.oneof({ weight: 1, arbitrary: odd }, { weight: 1, arbitrary: whole }, { weight: 6, arbitrary: event }),
        async (anything) => {
          load = services;
          const answer = await route?.handler(anything, {} as never);
          if (answer === undefined) throw new Error('there is no such route');
          const status = statusOf(answer);
          seen.add(status);
          expect(documented).toContain(String(status));
        },
      ),
    );
    // No approval was asked for that one could look at.
    expect([...seen]).toContain(name === 'get-approval' ? 404 : 200);
  },
);

it.each(CHAT_ROUTES)('$method $path answers any event, and none of 5xx', async ({ name }) => {
  const handler = FUNCTIONS[name].createHandler(receiver());
  await fuzz.check(
    600,
    fc.asyncProperty(fc.oneof(odd, event), async (anything) => {
      // Nothing of this is signed.
      expect(statusOf(await handler(anything))).toBeGreaterThanOrEqual(400);
    }),
  );
});

it.each(CHAT_ROUTES)('$method $path takes no good request that was changed anywhere', async ({ name }) => {
  const { request: signed, secrets } = genuine(name, NOW);
  const handler = FUNCTIONS[name].createHandler(receiver(secrets));
  const request = { ...signed, body: signed.body.toString() };
  const pathParameters = { source: request.source };
  const isSigned = (header: string): boolean => /sign|timestamp|nonce|authorization|webhook-id/i.test(header);
  const whole = { headers: request.headers, body: request.body, isBase64Encoded: false, pathParameters };
  expect(statusOf(await handler(whole))).toBe(200);
  await fuzz.check(
    400,
    fc.asyncProperty(
      fc.constantFrom('body', ...Object.keys(request.headers).filter(isSigned)),
      fc.nat(),
      fc.nat(254),
      async (part, at, change) => {
        const text = part === 'body' ? request.body : (request.headers[part] ?? '');
        const place = at % text.length;
        const changed =
          text.slice(0, place) +
          String.fromCharCode((text.charCodeAt(place) + 1 + change) % 256) +
          text.slice(place + 1);
        const forged =
          part === 'body' ? { ...whole, body: changed } : { ...whole, headers: { ...whole.headers, [part]: changed } };
        // DingTalk signs no body, and an alert may be told by its bearer alone: there the body is anybody's to change.
        const isFree = part === 'body' && (name === 'dingtalk' || name === 'alert');
        const status = statusOf(await handler(forged));
        if (!isFree) expect(status).toBeGreaterThanOrEqual(400);
      },
    ),
  );
});

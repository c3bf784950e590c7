import { describe, expect, it } from 'vitest';
import { loadRoutes } from '../../../local/gateway/load-routes.ts';
import { FUNCTIONS, receiver } from '../../support/chat/a-receiver.ts';
import { anEvent } from '../../support/http-event.ts';
import { scriptedServices } from '../../support/scripted-services.ts';
import { aSession, running } from '../../unit/lib/reaper/a-session.ts';
import { lookForSecrets } from './look-for-secrets.ts';

const secrets = lookForSecrets(
  'Control characters',
  'line breaks, terminal commands and reversed text in every field of requests and sessions',
);

describe('control characters', () => {
  const EVIL = '\r\n{"level":"ERROR","message":"forged"}\u001b[31m\u001b]0;x\u0007\u2028\u202e\0';

  it('make no second log line, no header and no command for a terminal, wherever they stand', async () => {
    const row = aSession({
      id: '42',
      user: `app${EVIL}`,
      host: `h${EVIL}:1`,
      db: EVIL,
      state: EVIL,
      command: 'Query',
      statement: running(`SELECT 1 ${EVIL} FROM \`a${EVIL}\``),
    });
    const { services, audit } = scriptedServices(
      `access: [{ who: { sub: '*' }, targets: ['*'], privileges: [PROCESS, SUPER] }]`,
      { looks: [[row], [row], []] },
    );
    const encoded = encodeURIComponent(EVIL.toWellFormed());
    for (const route of await loadRoutes(async () => services))
      for (const over of [
        {},
        { pathParameters: { target: EVIL, id: '42' } },
        { pathParameters: { target: 'local', id: EVIL } },
        { rawPath: `/a${EVIL}` },
        { rawQueryString: `reason=${encoded}` },
        { rawQueryString: `${encoded}=x` },
        { headers: { 'content-type': EVIL, 'if-match': EVIL } },
        { headers: { 'idempotency-key': EVIL } },
        { body: EVIL },
        { body: JSON.stringify({ [EVIL]: EVIL }) },
        { requestContext: { requestId: EVIL, authorizer: { jwt: { claims: { sub: `ops${EVIL}` } } } } },
      ]) {
        const authorizer = { jwt: { claims: { sub: `ops${EVIL}` } } };
        const answer = await route.handler(
          anEvent({ requestContext: { requestId: 'r1', authorizer }, ...over }),
          {} as never,
        );
        secrets.tried(1);
        for (const [name, value] of Object.entries(answer.headers))
          expect([name, value]).toEqual([name, value.replace(/[\p{Cc}\u2028]/gu, '')]);
        expect(answer.body).not.toMatch(/[^\P{Cc}\n\t]/u);
      }
    for (const name of Object.keys(FUNCTIONS) as (keyof typeof FUNCTIONS)[])
      await FUNCTIONS[name].createHandler(receiver())({
        headers: { a: EVIL },
        body: EVIL,
        pathParameters: { source: EVIL },
        requestContext: { requestId: EVIL },
      });
    expect(secrets.lines().length).toBeGreaterThan(10);
    for (const line of secrets.lines()) {
      secrets.tried(1);
      // Powertools writes each as one line of JSON; what a caller wrote stands in it escaped.
      expect(line.trimEnd()).not.toMatch(/\p{Cc}/u);
      expect(JSON.parse(line)).not.toMatchObject({ message: 'forged' });
    }
    for (const { statement } of audit.records) expect(statement ?? '').not.toMatch(/[\p{Cc}\p{Cf}\u2028\u2029]/u);
  });
});

import { describe, expect, it } from 'vitest';
import { ROUTES } from '../../../functions/routes.ts';
import type { HttpAnswer } from '../../../lib/http/answer.ts';
import { sessionTag } from '../../../lib/sessions/tags.ts';
import { loadRoutes } from '../../../local/load-routes.ts';
import { anEvent } from '../../helpers/http-event.ts';
import { scriptedServices } from '../../support/scripted-services.ts';
import { aSession, running } from '../../unit/lib/reaper/a-session.ts';

const CONFIG = `access:
  - { who: { sub: ann }, targets: [shared, gone], users: [ann] }
  - { who: { sub: root }, targets: ['*'], privileges: [PROCESS, SUPER] }
reapers:
  - { name: idle-app, targets: [shared, hidden], kill: connection, match: { idle: 1s } }
`;
const OTHERS = aSession({ id: '42', user: 'app', command: 'Query', statement: running('SELECT 1') });
const SYSTEM = aSession({ id: '43', user: 'event_scheduler', command: 'Daemon' });

interface Ask {
  readonly target: string;
  readonly id?: string;
  readonly body?: unknown;
  readonly tag?: string;
  readonly sub?: string;
}

/** What Ann is answered, but for what stands in every answer and in the path that she wrote herself. */
async function told(name: string, { target, id = '42', body, tag, sub = 'ann' }: Ask): Promise<unknown> {
  const rows = [OTHERS, SYSTEM].filter((session) => session.id === id);
  const { services } = scriptedServices(CONFIG, { looks: [rows] }, ['shared', 'hidden']);
  const [route] = (await loadRoutes(async () => services)).filter((one) => one.name === name);
  const answer: HttpAnswer | undefined = await route?.handler(
    anEvent({
      rawPath: '/asked',
      pathParameters: { target, id },
      headers: { 'content-type': 'application/json', ...(tag !== undefined && { 'if-match': `"${tag}"` }) },
      requestContext: { requestId: 'r1', authorizer: { jwt: { claims: { sub } } } },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    }),
    {} as never,
  );
  return (
    answer && { ...answer, body: JSON.parse(answer.body.replaceAll(target, 'TARGET').replaceAll(`"${id}"`, '"ID"')) }
  );
}

const BODIES: Readonly<Record<string, unknown>> = {
  'kill-sessions': { kills: [{ id: '42', kind: 'connection' }] },
  'preview-reap': { reaper: 'idle-app' },
};
const ON_TARGET = ROUTES.filter(({ path }) => path.includes('{target}'));
const ON_SESSION = ROUTES.filter(({ path }) => path.includes('{id}'));

describe('somebody who may see nothing of it', () => {
  it.each(ON_TARGET)(
    'is told the same of a target that is hidden and of one that is not: $method $path',
    async ({ name }) => {
      const body = BODIES[name];
      const hidden = await told(name, { target: 'hidden', body });
      expect(hidden).toEqual(await told(name, { target: 'no-such', body }));
      expect(hidden).toEqual(await told(name, { target: 'gone', body }));
      expect(hidden).toMatchObject({ statusCode: 404, body: { code: 'target-not-found' } });
      expect(await told(name, { target: 'hidden', body, sub: 'root' })).not.toMatchObject({
        statusCode: 404,
        body: { code: 'target-not-found' },
      });
    },
  );

  it.each(ON_SESSION)(
    'is told the same of a session of others, of the server and of none: $method $path',
    async ({ name }) => {
      const none = await told(name, { target: 'shared', id: '9' });
      for (const id of ['42', '43']) expect(await told(name, { target: 'shared', id })).toEqual(none);
      expect(none).toMatchObject({ statusCode: 404, body: { code: 'session-not-found' } });
    },
  );

  it('is told the same where its tag is right, and of many at once', async () => {
    const tag = sessionTag(OTHERS);
    const ask = { target: 'shared', tag };
    expect(await told('kill-connection', ask)).toEqual(await told('kill-connection', { ...ask, id: '9' }));
    const kills = (id: string) => ({ kills: [{ id, kind: 'connection', tag }] });
    expect(await told('kill-sessions', { target: 'shared', body: kills('42') })).toEqual(
      await told('kill-sessions', { target: 'shared', id: '9', body: kills('9') }),
    );
  });

  it('is told the same of a reaper that there is and of none', async () => {
    for (const dryRun of [true, false])
      for (const target of ['shared', 'hidden']) {
        const there = await told('preview-reap', { target, body: { reaper: 'idle-app', dryRun } });
        expect(there).toEqual(await told('preview-reap', { target, body: { reaper: 'no-such', dryRun } }));
      }
    const body = { reaper: 'no-such' };
    expect(await told('preview-reap', { target: 'shared', body, sub: 'root' })).toMatchObject({
      body: { code: 'reaper-not-found' },
    });
  });
});

import { setTimeout as sleep } from 'node:timers/promises';
import { AppError } from '../../lib/errors.ts';
import type { Principal } from '../../lib/privileges/principal.ts';
import type { Services } from '../../lib/services.ts';
import { killSession, killSessions } from '../../lib/sessions/kill/kill.ts';
import { listSessions } from '../../lib/sessions/list-sessions.ts';
import { sessionId } from '../../lib/sessions/session.ts';

const OPERATOR: Principal = { source: 'jwt', subject: 'race', groups: ['operator'], claims: {} };
const TARGET = 'local';
const CALL = { principal: OPERATOR, target: TARGET, reason: 'race', correlationId: 'race' };

/** What was said of one statement: its number, and an outcome, with its proof, or a code. */
export interface Said {
  readonly number: number;
  readonly answer: string;
}

interface Aim {
  readonly number: number;
  readonly kill: { readonly id: ReturnType<typeof sessionId>; readonly kind: 'query'; readonly tag: string };
}

const answerOf = ({ outcome, proven }: { outcome: string; proven: boolean }): string =>
  proven ? `${outcome} (proven)` : outcome;

const codeOf = (error: unknown): string => {
  if (error instanceof AppError) return error.code;
  throw error;
};

async function aims(services: Services): Promise<readonly Aim[]> {
  const query = { text: 'victim_', sort: 'id', limit: 1000, full: true } as const;
  const list = listSessions(services, { principal: OPERATOR, target: TARGET, query });
  // A server that does not answer in time ends no race.
  const { sessions } = await list.catch((error: unknown) => {
    codeOf(error);
    return { sessions: [] };
  });
  return sessions.flatMap(({ id, statement }) => {
    const number = /victim_(\d+)/.exec(statement?.text ?? '')?.[1];
    if (statement === null || number === undefined) return [];
    return [{ number: Number(number), kill: { id: sessionId(id), kind: 'query' as const, tag: statement.tag } }];
  });
}

const one = async (services: Services, { number, kill }: Aim): Promise<Said> => ({
  number,
  answer: await killSession(services, { ...CALL, ...kill, escalateAfter: null }).then(answerOf, codeOf),
});

/**
 * Lists, picks victims by their text, and cancels them by their tags, over and over.
 *
 * @param at - how many cancel the very same statement at the same time
 */
export async function cancelVictims(services: Services, at: number, isOver: () => boolean): Promise<readonly Said[]> {
  const said: Said[] = [];
  for (let turn = 0; !isOver(); turn++) {
    const found = await aims(services);
    // In turn one alone and many in one call: by the time that their turn comes, most of many have moved on.
    if (turn % 2 === 0 || found.length === 0) {
      const aim = found[Math.floor(Math.random() * found.length)];
      if (aim === undefined) continue;
      said.push(...(await Promise.all(Array.from({ length: at }, () => one(services, aim)))));
    } else {
      const some = found.toSorted(() => Math.random() - 0.5).slice(0, 10);
      const calls = Array.from({ length: at }, () =>
        killSessions(services, { ...CALL, kills: some.map(({ kill }) => kill) }),
      );
      for (const { results } of await Promise.all(calls))
        for (const [place, { outcome, proven, code }] of results.entries())
          said.push({ number: some[place]?.number ?? 0, answer: code ?? answerOf({ outcome: outcome ?? '', proven }) });
    }
    await sleep(0);
  }
  return said;
}

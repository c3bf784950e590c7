import { setTimeout as sleep } from 'node:timers/promises';
import { AppError } from '../../lib/errors.ts';
import type { Principal } from '../../lib/privileges/principal.ts';
import type { Services } from '../../lib/services.ts';
import { killSession } from '../../lib/sessions/kill-session.ts';
import { killSessions } from '../../lib/sessions/kill-sessions.ts';
import { listSessions } from '../../lib/sessions/list-sessions.ts';
import { sessionId } from '../../lib/sessions/session.ts';

const OPERATOR: Principal = { source: 'jwt', subject: 'race', groups: ['operator'], claims: {} };
const TARGET = 'local';

const answerOf = ({ outcome, proven }: { outcome: string; proven: boolean }): string =>
  proven ? `${outcome} (proven)` : outcome;

const codeOf = (error: unknown): string => {
  if (error instanceof AppError) return error.code;
  throw error;
};

/** Lists, picks a victim by its text, and cancels it by its tag, over and over; counts the answers by outcome or code. */
export async function cancelVictims(services: Services, isOver: () => boolean): Promise<ReadonlyMap<string, number>> {
  const answers = new Map<string, number>();
  const count = (answer: string): void => void answers.set(answer, (answers.get(answer) ?? 0) + 1);
  for (let turn = 0; !isOver(); turn++) {
    const { sessions } = await listSessions(services, {
      principal: OPERATOR,
      target: TARGET,
      query: { text: 'victim', sort: 'id', limit: 1000, full: false },
    });
    const kills = sessions.flatMap(({ id, statement }) =>
      statement === null ? [] : [{ id: sessionId(id), kind: 'query' as const, tag: statement.tag }],
    );
    const call = { principal: OPERATOR, target: TARGET, reason: 'race', correlationId: 'race' };
    // In turn one alone and many in one call: by the time that their turn comes, most of many have moved on.
    if (turn % 2 === 0 || kills.length === 0) {
      const one = kills[Math.floor(Math.random() * kills.length)];
      if (one === undefined) continue;
      count(await killSession(services, { ...call, ...one, escalateAfter: null }).then(answerOf, codeOf));
    } else {
      const { results } = await killSessions(services, {
        ...call,
        kills: kills.toSorted(() => Math.random() - 0.5).slice(0, 10),
      });
      for (const result of results)
        count(result.code ?? answerOf({ outcome: result.outcome ?? '', proven: result.proven }));
    }
    await sleep(0);
  }
  return answers;
}

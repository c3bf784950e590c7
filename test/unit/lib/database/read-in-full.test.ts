import { describe, expect, it } from 'vitest';
import { readInFull } from '../../../../lib/database/read-sessions.ts';
import type { Session, SessionId } from '../../../../lib/sessions/session.ts';
import { aSession, running } from '../reaper/a-session.ts';

const inPart = (id: string) => aSession({ id, command: 'Busy', db: null });
const inFull = (id: string) => aSession({ id, command: 'Query', statement: running('SELECT 1') });

const BUSY = { command: 'Busy', tries: 10, lasting: null };

/** A server that gives these answers one after the other, the last one for ever, and what it was asked for. */
function answering(...answers: readonly (readonly Session[])[]) {
  const asked: (readonly SessionId[] | undefined)[] = [];
  const read = async (ids: readonly SessionId[] | undefined) => {
    asked.push(ids);
    return answers[Math.min(asked.length, answers.length) - 1] ?? [];
  };
  return { read, asked };
}

describe('sessions that the server did not show in full', () => {
  it('are read again, they alone, until they are, in the order of the list', async () => {
    const { read, asked } = answering([inFull('1'), inPart('2'), inFull('3')], [inPart('2')], [inFull('2')]);
    expect(await readInFull(read, undefined, BUSY)).toEqual([inFull('1'), inFull('2'), inFull('3')]);
    expect(asked).toEqual([undefined, ['2'], ['2']]);
  });

  it('are gone where the server lists them no more', async () => {
    const { read } = answering([inPart('2'), inFull('3')], []);
    expect(await readInFull(read, undefined, BUSY)).toEqual([inFull('3')]);
  });

  it('are marked where they stay so', async () => {
    const { read, asked } = answering([inFull('1'), inPart('2')], [inPart('2')]);
    expect(await readInFull(read, undefined, BUSY)).toEqual([inFull('1'), { ...inPart('2'), readInPart: true }]);
    expect(asked.length).toBeGreaterThan(5);
  });

  it('are shown without it where an engine says that they may stay so', async () => {
    const { read, asked } = answering([inPart('2')], [inPart('2')]);
    const [session] = await readInFull(read, undefined, { command: 'Busy', tries: 2, lasting: 'Query' });
    expect(session).toEqual({ ...inPart('2'), command: 'Query' });
    expect(asked).toHaveLength(3);
  });

  it('are none on a server that always shows all', async () => {
    const { read, asked } = answering([inPart('2')]);
    expect(await readInFull(read, undefined, null)).toEqual([inPart('2')]);
    expect(asked).toHaveLength(1);
  });
});

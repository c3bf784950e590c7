import { type Call, onTarget } from '../call.ts';
import { Problem } from '../help.ts';

/** A kill that the server accepted and still works on. */
export interface Pending {
  readonly id: string;
  readonly kind: 'connection' | 'query';
  /** Of the session, or of the statement, where it is known: another one is not what was ended. */
  readonly tag: string | null;
}

const LOOK_MS = 1_000;
const LOOKS = 10;

/** Looks until it is over, for ten seconds. @returns what became of it, in words; `undefined` where it still goes on */
export async function followPending(call: Call, { id, kind, tag }: Pending): Promise<string | undefined> {
  for (let looks = 0; looks < LOOKS; looks++) {
    await call.world.sleep(LOOK_MS);
    if (await isOver(call, { id, kind, tag }))
      return kind === 'query' ? 'the statement has ended' : 'the session is gone';
  }
  return undefined;
}

async function isOver(call: Call, { id, kind, tag }: Pending): Promise<boolean> {
  try {
    const params = { path: { ...onTarget(call), id } };
    const { data } = await call.api.ask((api) => api.GET('/targets/{target}/sessions/{id}', { params }));
    if (kind === 'connection') return tag !== null && data.tag !== tag;
    return data.statement === null || (tag !== null && data.statement.tag !== tag);
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    // A server that is too busy to look says nothing of the kill.
    return error.code === 'session-not-found';
  }
}

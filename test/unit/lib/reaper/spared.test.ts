import { describe, expect, it } from 'vitest';
import { choose, compileRule } from '../../../../lib/reaper/choose.ts';
import type { Snapshot } from '../../../../lib/reaper/facts.ts';
import type { Session } from '../../../../lib/sessions/session.ts';
import { aReaper, aSession, aSnapshot } from './a-session.ts';

/** Who is ended and who all but was, each with what is said of it. */
function told(rule: Record<string, unknown>, sessions: readonly Session[], over: Partial<Snapshot> = {}) {
  const { victims, spared } = choose(compileRule(aReaper(rule)), aSnapshot(sessions, over), ['kept_*']);
  return {
    victims: victims.map(({ session, reasons }) => [session.id, ...reasons]),
    spared: spared.map(({ session, reason }) => [session.id, reason]),
  };
}

describe('a session that a rule all but ended', () => {
  it('is said to be protected, and by what', () => {
    expect(told({}, [aSession({ user: 'kept_app' })])).toEqual({
      victims: [],
      spared: [['42', 'protected: The configuration protects its user.']],
    });
    expect(told({}, [aSession()], { ownId: aSession().id }).spared).toEqual([
      ['42', 'protected: It is our own connection.'],
    ]);
  });

  it('is not told of where two things saved it', () => {
    const none = { victims: [], spared: [] };
    expect(told({ match: { idle: '1h' } }, [aSession({ user: 'kept_app' })])).toEqual(none);
    expect(told({ match: { idle: '1h', user: 'web' } }, [aSession()])).toEqual(none);
  });

  it('is one of several that bear its ID on different nodes, and none of them is ended', () => {
    const twins = [aSession(), aSession({ server: 's2' }), aSession({ id: '43' })];
    const reason = 'several nodes list a session of this ID';
    expect(told({}, twins)).toEqual({
      victims: [['43', 'user: app, wanted *']],
      spared: [
        ['42', reason],
        ['42', reason],
      ],
    });
  });

  it('is of a class of which another goes, or which is not yet to be acted on', () => {
    const two = [aSession({ id: '1', time: 900 }), aSession({ id: '2', time: 60 })];
    expect(told({ match: { idle: '1m' }, victims: 'oldest' }, two)).toEqual({
      victims: [['1', 'idle: 15m, wanted 1m or more']],
      spared: [['2', 'victims: oldest']],
    });
    expect(told({ when: { count: 3 } }, two).spared).toEqual([
      ['1', 'count: 2, wanted 3 or more'],
      ['2', 'count: 2, wanted 3 or more'],
    ]);
  });

  it('is ignored where a time or a lock is not known, though a text beside it is', () => {
    const shop = aSession({ time: null });
    expect(told({ ignore: [{ db: 'shop', time: '1s' }] }, [shop]).spared).toEqual([
      ['42', 'ignored: db: shop, wanted shop; time: not known, wanted 1s or more'],
    ]);
    expect(told({ ignore: [{ blocking: true }] }, [aSession()]).spared).toEqual([
      ['42', 'ignored: blocking: not known, wanted true'],
    ]);
  });
});

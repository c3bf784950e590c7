import { describe, expect, it } from 'vitest';
import { engines } from '../engines/engines.ts';
import { playOnce } from './play.ts';
import { storyOf } from './story.ts';

const SECONDS = 5;
/** On a busy machine little happens in that time, and a play in which little happened shows little. */
const MOST_SECONDS = 40;

describe.each(engines)('a crowd on $name that knows its own truth', ({ name, url = '' }) => {
  it.skipIf(!url).each([
    ['a fixed seed', 4],
    ['a new seed', Math.floor(Math.random() * 1_000_000)],
  ])('contradicts no answer, with %s', async (_, seed) => {
    for (let seconds = SECONDS; ; seconds *= 2) {
      const { contradictions, notes, calls } = await playOnce({ engine: name, url, seed, seconds, clients: 14 });
      const stories = contradictions.map((one) => storyOf(one, notes, calls));
      // For whoever wants to play it again: npm run crowd -- --engine … --seed …
      expect(stories, `--engine ${name} --seed ${seed} --clients 14`).toEqual([]);
      const ran = notes.lives.flatMap((life) => life.ran).length;
      const answered = calls.filter(({ answer }) => answer !== null).length;
      if (ran > 20 && answered > 10) return;
      expect({ ran, answered, seconds }).toMatchObject({ seconds: expect.toSatisfy((n: number) => n < MOST_SECONDS) });
    }
  });
});

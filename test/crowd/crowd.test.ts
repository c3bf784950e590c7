import { describe, expect, it } from 'vitest';
import { engines } from '../engines/engines.ts';
import { playOnce } from './play.ts';
import { storyOf } from './story.ts';

const SECONDS = 5;

describe.each(engines)('a crowd on $name that knows its own truth', ({ name, url = '' }) => {
  it.skipIf(!url).each([
    ['a fixed seed', 4],
    ['a new seed', Math.floor(Math.random() * 1_000_000)],
  ])('contradicts no answer, with %s', async (_, seed) => {
    const { contradictions, notes, calls } = await playOnce({ engine: name, url, seed, seconds: SECONDS, clients: 14 });
    const stories = contradictions.map((one) => storyOf(one, notes, calls));
    // For whoever wants to play it again: npm run crowd -- --engine … --seed …
    expect(stories, `--engine ${name} --seed ${seed} --clients 14`).toEqual([]);
    // A play in which little happened shows little.
    expect(notes.lives.flatMap(({ ran }) => ran).length).toBeGreaterThan(20);
    expect(calls.filter(({ answer }) => answer !== null).length).toBeGreaterThan(10);
  });
});

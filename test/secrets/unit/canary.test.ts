import fc from 'fast-check';
import { expect, it } from 'vitest';
import { CANARIES, canariesIn } from '../canary.ts';

const around = fc.string({ unit: 'binary', maxLength: 10 });

it.each([
  ['plain', (text: string) => text],
  ['in base64', (text: string) => Buffer.from(text).toString('base64')],
  ['in base64url', (text: string) => Buffer.from(text).toString('base64url')],
  ['twice in base64', (text: string) => Buffer.from(Buffer.from(text).toString('base64')).toString('base64')],
  ['in hex', (text: string) => Buffer.from(text).toString('hex')],
  ['in upper case', (text: string) => text.toUpperCase()],
  ['as JSON', (text: string) => JSON.stringify({ text })],
  ['as a part of a URL', (text: string) => encodeURIComponent(text.toWellFormed())],
])('a canary is found %s, whatever is around it', (_name, encode) => {
  fc.assert(
    fc.property(fc.constantFrom(...Object.entries(CANARIES)), around, around, ([name, canary], before, after) => {
      expect(canariesIn(encode(before + canary + after))).toEqual([name]);
    }),
  );
});

it('nothing is found where there is none', () => {
  fc.assert(
    fc.property(fc.string(), (text) => {
      expect(canariesIn(text)).toEqual([]);
    }),
  );
});

import { createPrivateKey, createPublicKey, sign, verify } from 'node:crypto';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { signScramble } from '../../../../lib/database/ed25519.ts';

/** What stands before the seed of a key in PKCS #8 (RFC 8410). */
const HEAD = Buffer.from('302e020100300506032b657004220420', 'hex');

it('signs as RFC 8032 says, where the password is as long as a seed there', () => {
  const password = fc.string({ minLength: 32, maxLength: 32, unit: 'grapheme-ascii' });
  fc.assert(
    fc.property(password, fc.uint8Array({ minLength: 32, maxLength: 32 }), (seed, scramble) => {
      const key = createPrivateKey({ key: Buffer.concat([HEAD, Buffer.from(seed)]), format: 'der', type: 'pkcs8' });
      const signed = signScramble(seed, scramble);
      expect(signed).toEqual(sign(null, scramble, key));
      expect(verify(null, scramble, createPublicKey(key), signed)).toBe(true);
    }),
    { numRuns: 30 },
  );
});

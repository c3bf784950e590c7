import { createHash } from 'node:crypto';
import { etc, Point } from '@noble/ed25519';

const sha512 = (...parts: readonly Uint8Array[]): Buffer => {
  const hash = createHash('sha512');
  for (const part of parts) hash.update(part);
  return hash.digest();
};
const ORDER = Point.CURVE().n;
const toNumber = (littleEndian: Buffer): bigint => BigInt(`0x${Buffer.from(littleEndian).reverse().toString('hex')}`);
const toBytes = (number: bigint): Buffer => Buffer.from(number.toString(16).padStart(64, '0'), 'hex').reverse();

/** A multiple of the base point, as bytes. */
const times = (scalar: bigint): Uint8Array => Point.BASE.multiply(scalar).toBytes();

/**
 * What MariaDB's `ed25519` wants in place of a password: the signature of its scramble by RFC 8032, with the password as the
 * seed, of whatever length it is. Node signs with seeds of 32 bytes only.
 *
 * @see https://github.com/MariaDB/server/blob/10.11/plugin/auth_ed25519/ref10/sign.c
 */
export function signScramble(password: string, scramble: Uint8Array): Buffer {
  const seed = sha512(Buffer.from(password));
  const prefix = seed.subarray(32);
  const clamped = Buffer.from(seed.subarray(0, 32));
  clamped[0] = (clamped[0] ?? 0) & 248;
  clamped[31] = ((clamped[31] ?? 0) & 63) | 64;
  const secret = etc.mod(toNumber(clamped), ORDER);
  const nonce = etc.mod(toNumber(sha512(prefix, scramble)), ORDER);
  const point = times(nonce);
  const challenge = etc.mod(toNumber(sha512(point, times(secret), scramble)), ORDER);
  return Buffer.concat([point, toBytes(etc.mod(nonce + challenge * secret, ORDER))]);
}

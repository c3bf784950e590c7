import { createDecipheriv, createHash } from 'node:crypto';
import type { SignedRequest } from '../channel.ts';
import { headerOf, isFresh, isSame, unsigned } from '../signature.ts';

const WINDOW_SECONDS = 300;
const IV_BYTES = 16;

/**
 * Feishu's signature: the SHA-256 of timestamp, nonce, encrypt key and raw body (open.feishu.cn, "Configure encrypt
 * key"). A plain hash, so the key is worth as much as an HMAC's.
 *
 * @throws AppError `signature-invalid`
 */
export function verifyFeishu(request: SignedRequest, encryptKey: string, now: Date): void {
  const timestamp = headerOf(request, 'x-lark-request-timestamp');
  const nonce = headerOf(request, 'x-lark-request-nonce');
  if (!isFresh(timestamp, now, 1000, WINDOW_SECONDS)) throw unsigned('X-Lark-Request-Timestamp is not of now.');
  const right = createHash('sha256')
    .update(timestamp)
    .update(nonce)
    .update(encryptKey)
    .update(request.body)
    .digest('hex');
  if (!isSame(headerOf(request, 'x-lark-signature'), right)) throw unsigned('X-Lark-Signature does not hold.');
}

/** AES-256-CBC, the key the SHA-256 of the encrypt key, the first 16 bytes the IV. @throws AppError `signature-invalid` */
export function decryptFeishu(encrypted: string, encryptKey: string): string {
  const bytes = Buffer.from(encrypted, 'base64');
  const key = createHash('sha256').update(encryptKey).digest();
  try {
    const decipher = createDecipheriv('aes-256-cbc', key, bytes.subarray(0, IV_BYTES));
    return Buffer.concat([decipher.update(bytes.subarray(IV_BYTES)), decipher.final()]).toString('utf8');
  } catch {
    throw unsigned('The body was not encrypted with our key.');
  }
}

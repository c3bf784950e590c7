import type { IncomingMessage } from 'node:http';
import { AppError } from '../lib/errors.ts';

/** What API Gateway takes at most. */
export const MAX_BODY_BYTES = 10 * 1024 * 1024;

/** Reads a request's body whole. @throws AppError `body-too-large` as soon as it is known to be so. */
export async function readBody(request: IncomingMessage): Promise<Buffer> {
  if (Number(request.headers['content-length'] ?? 0) > MAX_BODY_BYTES) throw tooLarge();
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request.iterator({ destroyOnReturn: false })) {
    const bytes: Buffer = chunk;
    size += bytes.length;
    if (size > MAX_BODY_BYTES) throw tooLarge();
    chunks.push(bytes);
  }
  return Buffer.concat(chunks);
}

const tooLarge = () => new AppError('body-too-large', { detail: `body: at most ${MAX_BODY_BYTES} bytes.` });

import type { Once, SignedRequest } from '../channel.ts';
import { headerOf, hmac, isFresh, isSame, unsigned } from '../signature.ts';

const WINDOW_SECONDS = 300;

/**
 * Slack's signature: `v0=` and the HMAC-SHA256 of `v0:{timestamp}:{raw body}` with the Signing Secret
 * (docs.slack.dev, "Verifying requests from Slack"). Both sides of the window are held.
 *
 * @throws AppError `signature-invalid`
 */
export function verifySlack(request: SignedRequest, signingSecret: string, now: Date): Once {
  const timestamp = headerOf(request, 'x-slack-request-timestamp');
  const signature = headerOf(request, 'x-slack-signature');
  if (!isFresh(timestamp, now, 1000, WINDOW_SECONDS)) throw unsigned('X-Slack-Request-Timestamp is not of now.');
  if (!isSame(signature, `v0=${hmac(signingSecret, [`v0:${timestamp}:`, request.body], 'hex')}`))
    throw unsigned('X-Slack-Signature does not hold.');
  // Slack sends neither commands nor clicks twice, so a second one is somebody else's.
  return { key: `slack/${signature}`, seconds: 3 * WINDOW_SECONDS, again: 'refuse' };
}

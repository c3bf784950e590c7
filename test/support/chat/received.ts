import type { Received } from '../../../lib/chatops/channels/channel.ts';
import { CHANNEL_NAMES } from '../../../lib/chatops/channels/channel-names.ts';
import { NOW, type Request } from './a-receiver.ts';
import { CODE } from './channel-code.ts';
import { CHAT_SECRETS } from './secrets.ts';

/** What a channel makes of a request. */
export function receive(
  name: string,
  request: Request,
  source: string | null = null,
  secrets = CHAT_SECRETS,
): Received {
  const known = CHANNEL_NAMES.find((one) => one === name);
  if (known === undefined) throw new Error(`no channel ${name}`);
  return CODE[known].receive(signed(request, source), secrets, NOW);
}

/** A request as a channel takes it. */
export const signed = ({ headers, body }: Request, source: string | null = null) => ({
  headers,
  body: Buffer.from(body),
  source,
});

/** What is asked, and the code and detail of its refusal. */
export type Refused = readonly [what: string, request: () => unknown, refusal: readonly [code: string, detail: string]];

/** The refusal of a field that is not of its form. */
export const field = (name: string) => ['request-invalid', `${name}: is missing or not of its form.`] as const;

/** The refusal of what is not surely the platform's. */
export const forged = (detail: string) => ['signature-invalid', detail] as const;

/** What is read of a request. */
export const incoming = (fields: object) => ({ do: 'work', incoming: fields });

import type { ChannelName } from '../chatops/channel-names.ts';
import type { Caller } from './caller.ts';

/** Where an identity came from: who vouched for it. */
export type PrincipalSource = 'jwt' | 'iam' | 'schedule' | ChannelName;

/** Who asks. Made from what the gateway verified, never from what a caller wrote into a body. */
export interface Principal {
  readonly source: PrincipalSource;
  /** Stable and unique within its source: a JWT's `sub`, an IAM user's or role's ARN without the session name. */
  readonly subject: string;
  readonly groups: readonly string[];
  /** Other verified claims that rules may ask for (`email`, …), text only. */
  readonly claims: Readonly<Record<string, string>>;
  /** Of a chat: the platform's own IDs as rules write them, and whether the configuration says which person it is. */
  readonly chat?: { readonly identities: readonly string[]; readonly isMapped: boolean };
  /** From where this call came; none of a chat and of a schedule. */
  readonly caller?: Caller;
}

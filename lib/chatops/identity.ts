import type { AskingChannel } from './channel-names.ts';

/** Who a platform says it was. IDs only: a name is chosen by its bearer, and means nothing. */
export interface ChatIdentity {
  readonly channel: AskingChannel;
  /** Slack: the enterprise; `null` elsewhere. */
  readonly enterprise: string | null;
  /** Slack: team; Feishu: tenant key; DingTalk: corporation; webhook: the word `webhook`. */
  readonly tenant: string;
  /** Slack: user ID; Feishu: open ID; DingTalk: staff ID; webhook: the sender's name. */
  readonly user: string;
}

/** How rules and the table write an identity, most specific first: `E01/T0123/U0456` and `T0123/U0456`. */
export function identityTexts({ enterprise, tenant, user }: ChatIdentity): readonly string[] {
  const text = `${tenant}/${user}`;
  return enterprise === null ? [text] : [`${enterprise}/${text}`, text];
}

import type { WardenConfig } from '../config/config.ts';
import { isMeant } from '../privileges/access-rules.ts';
import type { Principal } from '../privileges/principal.ts';
import { type ChatIdentity, identityTexts } from './channels/channel.ts';
import { isPersonChannel, type PersonChannel } from './channels/channel-names.ts';
import { anAnswer, type ChatAnswer } from './messages/answer.ts';

/**
 * The principal that a chat identity represents: by the table of people, else the identity itself where some access rule
 * names it; `undefined` for everybody else, so a rule for `sub: '*'` opens nothing to strangers.
 */
export function principalFromChat(
  config: Pick<WardenConfig, 'access' | 'chat'>,
  identity: ChatIdentity,
): Principal | undefined {
  const { channel, user } = identity;
  const identities = identityTexts(identity);
  if (!isPersonChannel(channel)) {
    const machine = Object.hasOwn(config.chat.webhooks, user) ? config.chat.webhooks[user] : undefined;
    if (machine === undefined) return undefined;
    const subject = machine.subject ?? `webhook/${user}`;
    return { source: channel, subject, groups: machine.groups, claims: {}, chat: { identities, isMapped: true } };
  }
  const person = config.chat.people.find((known) => identities.some((text) => text === known[channel]));
  if (person !== undefined) return principalOfPerson(person, channel, identities);
  const subject = identities[0] ?? '';
  const stranger: Principal = {
    source: channel,
    subject,
    groups: [],
    claims: {},
    chat: { identities, isMapped: false },
  };
  const isNamed = config.access.some(
    ({ who }) => who[channel] !== undefined && isMeant({ [channel]: who[channel] }, stranger),
  );
  return isNamed ? stranger : undefined;
}

type Person = WardenConfig['chat']['people'][number];

/** A person of the table on one of their channels. */
export const principalOfPerson = (
  person: Person,
  channel: PersonChannel,
  identities: readonly string[] = [person[channel] ?? ''],
): Principal => {
  const { subject, groups } = person;
  // The table says whose address it is.
  const claims = { ...person.claims, ...(person.claims['email'] !== undefined && { email_verified: 'true' }) };
  return { source: channel, subject, groups, claims, chat: { identities, isMapped: true } };
};

/** What a stranger is told: the identity as the table writes it, to send to the administrator of the table. */
export const unmapped = (identity: ChatIdentity): ChatAnswer =>
  anAnswer('I do not know you', {
    lines: [
      'Nothing was done. Ask the owner of warden.yaml to add you under chat.people:',
      `${identity.channel}: ${identityTexts(identity)[0]}`,
    ],
  });

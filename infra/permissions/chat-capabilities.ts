import { allow, allowVia, type Capability, type ChatResources, type Resources, sendTo, takeFrom } from './grant.ts';

const chatOf = ({ chat }: Resources): ChatResources => {
  if (chat === undefined) throw new Error('a function of chats was made without chats');
  return chat;
};

/** The secret of the chat platforms. */
export const readChatSecret: Capability = (resources) => {
  const { secret } = chatOf(resources);
  // Of a secret known by name alone nobody knows the six characters that AWS adds.
  const arn = secret.secretFullArn ?? `${secret.secretArn}-??????`;
  const key = secret.encryptionKey;
  return {
    statements: [
      allow(['secretsmanager:GetSecretValue'], [arn]),
      ...(key ? [allowVia(resources.scope, 'secretsmanager', [key.keyArn], ['kms:Decrypt'])] : []),
    ],
    environment: { CHAT_SECRET: secret.secretArn },
  };
};

/** Messages for a chat: from inside the VPC, where no platform is reached, and answers for later. Without chats there is nothing to send. */
export const sendChatJobs: Capability = (resources) => {
  if (resources.chat === undefined) return { statements: [], environment: {} };
  const { queue } = resources.chat;
  return { statements: sendTo(resources, queue), environment: { CHAT_QUEUE_URL: queue.queueUrl } };
};

/** The same messages, taken by the worker outside. */
export const takeChatJobs: Capability = (resources) => ({
  statements: takeFrom(resources, chatOf(resources).queue),
  environment: {},
});

import type { ISecret } from 'aws-cdk-lib/aws-secretsmanager';
import { allow, allowVia, type Capability, type ChatResources, type Resources, sendTo, takeFrom } from './grant.ts';

const chatOf = ({ chat }: Resources): ChatResources => {
  if (chat === undefined) throw new Error('a function of chats was made without chats');
  return chat;
};

/** The secrets of chats that a function may read: a receiver that of its own platform, whoever posts to all of them each. */
export const chatSecretsOf = ({ secrets }: ChatResources, name: string): readonly ISecret[] => {
  const own = secrets.get(name);
  return own === undefined ? [...secrets.values()] : [own];
};

/** The secret of the function's own platform; the worker, which is of none, reads all. */
export const readChatSecret: Capability = (resources, name) => {
  const secrets = chatSecretsOf(chatOf(resources), name);
  // Of a secret known by name alone nobody knows the six characters that AWS adds.
  const arns = secrets.map((secret) => secret.secretFullArn ?? `${secret.secretArn}-??????`);
  const keys = secrets.flatMap(({ encryptionKey }) => (encryptionKey ? [encryptionKey.keyArn] : []));
  return {
    statements: [
      allow(['secretsmanager:GetSecretValue'], arns),
      ...(keys.length > 0 ? [allowVia(resources.scope, 'secretsmanager', keys, ['kms:Decrypt'])] : []),
    ],
    environment: { CHAT_SECRET: secrets.map(({ secretArn }) => secretArn).join() },
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

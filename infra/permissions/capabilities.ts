import { Stack } from 'aws-cdk-lib';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { ISecret } from 'aws-cdk-lib/aws-secretsmanager';
import {
  allow,
  allowVia,
  type Capability,
  type ChatResources,
  type Resources,
  sendTo,
  takeFrom,
  targetEnvironment,
} from './grant.ts';
import {
  askPeople,
  countKills,
  decideRequests,
  endStop,
  keepWarnings,
  postOnce,
  readAudit,
  readRequests,
  readStop,
  recordReads,
  rememberReplays,
  rememberRequests,
  sweepAudit,
  throwStop,
  writeAudit,
} from './table-capabilities.ts';

const chatOf = ({ chat }: Resources): ChatResources => {
  if (chat === undefined) throw new Error('a function of chats was made without chats');
  return chat;
};

/** The secrets of chats that a function may read: a receiver that of its own platform, a function that posts to all platforms each of them. */
export const chatSecretsOf = ({ secrets }: ChatResources, name: string): readonly ISecret[] => {
  const own = secrets.get(name);
  return own === undefined ? [...secrets.values()] : [own];
};

/** The secret of the function's own platform; the worker, which is of none, reads all. */
export const readChatSecret: Capability = (resources, name) => {
  const secrets = chatSecretsOf(chatOf(resources), name);
  // If a secret is known only by name, the six characters that AWS adds are unknown.
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

/** Names of all secrets; AWS takes no resource there. */
export const listTargets: Capability = (resources) => ({
  statements: [allow(['secretsmanager:ListSecrets'], ['*'])],
  environment: targetEnvironment(resources),
});

/** The secrets of targets, and logins by IAM: for functions inside the VPC only. */
export const readTargets: Capability = (resources) => {
  const { scope, secrets } = resources;
  const { prefix = '', tag, keys, rdsIamUsers } = secrets;
  const { partition, region, account } = Stack.of(scope);
  const arn = `arn:${partition}:secretsmanager:${region}:${account}:secret:${prefix}*`;
  const read = new PolicyStatement({
    actions: ['secretsmanager:GetSecretValue'],
    resources: [arn],
    ...(tag !== undefined && {
      conditions: { StringEquals: { [`secretsmanager:ResourceTag/${tag.key}`]: tag.value } },
    }),
  });
  // Without the condition: of a name without the tag, or of none, the answer must be that it is no target, not that it is denied.
  const describe = tag === undefined ? [] : [allow(['secretsmanager:DescribeSecret'], [arn])];
  return {
    statements: [
      read,
      ...describe,
      ...(keys.length > 0 ? [allowVia(scope, 'secretsmanager', keys, ['kms:Decrypt'])] : []),
      ...(rdsIamUsers.length > 0 ? [allow(['rds-db:connect'], rdsIamUsers)] : []),
    ],
    environment: targetEnvironment(resources),
  };
};

/** The planner's messages. */
export const sendReaps: Capability = (resources) => ({
  statements: sendTo(resources, resources.reapQueue),
  environment: { REAP_QUEUE_URL: resources.reapQueue.queueUrl },
});

/** The same messages, taken and hidden for a while. */
export const takeReaps: Capability = (resources) => ({
  statements: takeFrom(resources, resources.reapQueue, ['sqs:ChangeMessageVisibility']),
  // Targets come to many workers in turn, so each would read nearly every secret again within five minutes.
  environment: { REAP_QUEUE_URL: resources.reapQueue.queueUrl, SECRET_SECONDS: '3600' },
});

/** Where people sign in to the console: nothing that is secret, and nothing that AWS is asked for. */
const tellSignIn: Capability = ({ signIn = '' }) => ({ statements: [], environment: { CONSOLE_SIGN_IN: signIn } });

/** What a function may do, in words. Who invokes whom is granted by resource, see `chat.ts` and `schedule.ts`. */
export const CAPABILITIES = {
  'list-targets': listTargets,
  'read-targets': readTargets,
  'write-audit': writeAudit,
  'read-audit': readAudit,
  'record-reads': recordReads,
  'sweep-audit': sweepAudit,
  'remember-requests': rememberRequests,
  'count-kills': countKills,
  'read-stop': readStop,
  'throw-stop': throwStop,
  'end-stop': endStop,
  'send-reaps': sendReaps,
  'take-reaps': takeReaps,
  'read-chat-secret': readChatSecret,
  'remember-replays': rememberReplays,
  'decide-requests': decideRequests,
  'ask-people': askPeople,
  'read-requests': readRequests,
  'post-once': postOnce,
  'keep-warnings': keepWarnings,
  'send-chat-jobs': sendChatJobs,
  'take-chat-jobs': takeChatJobs,
  'tell-sign-in': tellSignIn,
} as const satisfies Readonly<Record<string, Capability>>;

/** The name of a capability. */
export type CapabilityName = keyof typeof CAPABILITIES;

import { Stack } from 'aws-cdk-lib';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { allow, allowVia, type Capability, type Resources, sendTo, takeFrom } from './grant.ts';

/** The environment variables that say which secrets are targets. */
export const targetEnvironment = ({ secrets: { prefix, tag } }: Resources): Readonly<Record<string, string>> => ({
  ...(prefix !== undefined && { SECRET_PREFIX: prefix }),
  ...(tag !== undefined && { SECRET_TAG: `${tag.key}=${tag.value}` }),
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
  // Targets come to many workers in turn, so each would read nearly every secret anew within five minutes.
  environment: { REAP_QUEUE_URL: resources.reapQueue.queueUrl, SECRET_SECONDS: '3600' },
});

import { Stack, Token, Validations } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';
import { FUNCTIONS, type FunctionName } from './function-table.ts';
import { chatSecretsOf } from './permissions/capabilities.ts';
import type { Resources } from './permissions/grant.ts';

/** Why a function's role has `*` for a resource: tracing always, and some more. */
const NO_RESOURCE = {
  trace: 'xray:PutTraceSegments and PutTelemetryRecords take no resource',
  list: 'secretsmanager:ListSecrets takes none either, and tells names only',
  inside: "Lambda's own EC2 calls for network interfaces take none, and the function's code is denied them",
};

/** Tells why a function's role names some resources by a wildcard, to rule checkers such as cdk-nag. */
export function acknowledgeWildcards(role: IConstruct, name: FunctionName, { secrets, chat }: Resources): void {
  const { inside, may } = FUNCTIONS[name];
  const reasons = [
    NO_RESOURCE.trace,
    ...(may.includes('list-targets') ? [NO_RESOURCE.list] : []),
    ...(inside ? [NO_RESOURCE.inside] : []),
  ];
  acknowledge(role, { 'AwsSolutions-IAM5[Resource::*]': `${reasons.join('; ')}.` });
  if (may.includes('read-targets'))
    acknowledge(role, {
      [`AwsSolutions-IAM5[Resource::${secretArn(role, `${secrets.prefix ?? ''}*`)}]`]:
        'Targets are found at run time: all secrets with this prefix, or this tag, are targets.',
    });
  if (!may.includes('read-chat-secret') || chat === undefined) return;
  for (const { secretFullArn, secretName } of chatSecretsOf(chat, name))
    if (secretFullArn === undefined)
      acknowledge(role, {
        [`AwsSolutions-IAM5[Resource::${secretArn(role, `${secretName}-??????`)}]`]:
          'One secret, known by its name; AWS adds six characters to its ARN.',
      });
}

/** An ARN as findings write it, with what is known at deployment only in angle brackets. */
function secretArn(scope: IConstruct, name: string): string {
  const { partition, region, account } = Stack.of(scope);
  const written = (value: string, reference: string) => (Token.isUnresolved(value) ? `<AWS::${reference}>` : value);
  const place = `${written(region, 'Region')}:${written(account, 'AccountId')}`;
  return `arn:${written(partition, 'Partition')}:secretsmanager:${place}:secret:${name}`;
}

/** Tells rule checkers such as cdk-nag why findings on a construct are meant so: rule, or `rule[finding]`, to reason. */
export function acknowledge(construct: IConstruct, reasons: Readonly<Record<string, string>>): void {
  for (const [id, reason] of Object.entries(reasons)) Validations.of(construct).acknowledge({ id, reason });
}

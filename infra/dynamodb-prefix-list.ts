import { Stack, Token } from 'aws-cdk-lib';
import { PrefixList } from 'aws-cdk-lib/aws-ec2';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import { LogGroup, RetentionDays } from 'aws-cdk-lib/aws-logs';
import { AwsCustomResource, AwsCustomResourcePolicy, PhysicalResourceId } from 'aws-cdk-lib/custom-resources';
import type { Construct } from 'constructs';
import { acknowledge } from './acknowledge.ts';

/** What CDK calls the function that runs custom resources of this kind; a stack has one. */
const PROVIDER = 'AWS679f53fac002430cb0da5b7982bd2287';

/**
 * The ID of the prefix list that holds DynamoDB's addresses in this region. A gateway endpoint routes to public addresses,
 * so a security group names them by this list. CDK looks it up where the stack says its account and region; where a template
 * is good for any, a custom resource asks at deployment.
 */
export function dynamoDbPrefixList(scope: Construct, encryptionKey: IKey): string {
  const { account, region } = Stack.of(scope);
  const prefixListName = `com.amazonaws.${region}.dynamodb`;
  if (!Token.isUnresolved(account) && !Token.isUnresolved(region))
    return PrefixList.fromLookup(scope, 'DynamoDbPrefixList', { prefixListName }).prefixListId;
  const lookup = new AwsCustomResource(scope, 'DynamoDbPrefixList', {
    onUpdate: {
      service: 'EC2',
      action: 'describeManagedPrefixLists',
      parameters: { Filters: [{ Name: 'prefix-list-name', Values: [prefixListName] }] },
      outputPaths: ['PrefixLists.0.PrefixListId'],
      physicalResourceId: PhysicalResourceId.of(prefixListName),
    },
    policy: AwsCustomResourcePolicy.fromStatements([
      new PolicyStatement({ actions: ['ec2:DescribeManagedPrefixLists'], resources: ['*'] }),
    ]),
    installLatestAwsSdk: false,
    logGroup: new LogGroup(scope, 'DynamoDbPrefixListLogs', { retention: RetentionDays.ONE_MONTH, encryptionKey }),
  });
  acknowledge(lookup, {
    'AwsSolutions-IAM5[Resource::*]': 'ec2:DescribeManagedPrefixLists takes no resource; it only reads.',
  });
  acknowledge(Stack.of(scope).node.findChild(PROVIDER), {
    [`AwsSolutions-IAM4[Policy::arn:<AWS::Partition>:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole]`]:
      "CDK's own function, which runs at deployment only; the policy lets it write its log.",
  });
  return lookup.getResponseField('PrefixLists.0.PrefixListId');
}

import { Peer } from 'aws-cdk-lib/aws-ec2';
import { describe, expect, it } from 'vitest';
import { FUNCTIONS, type FunctionName } from '../../infra/function-table.ts';
import { permissionsOf } from './permissions.ts';
import { functionsOf, type Resource, resourcesOf } from './resources.ts';
import { synthesize } from './synthesize.ts';

const template = synthesize().template();
const functions = functionsOf(template);
const permissions = permissionsOf(template);
const names = Object.keys(FUNCTIONS) as FunctionName[];
const [inside, outside] = [true, false].map((place) =>
  names.filter((name) => (functions.get(name)?.Properties.VpcConfig !== undefined) === place),
) as [FunctionName[], FunctionName[]];
const allowed = (name: string) => (permissions.get(name) ?? []).filter(({ effect }) => effect === 'Allow');

const properties = (type: string) => [...resourcesOf(template, type).values()].map(({ Properties }) => Properties);

describe('functions that open databases', () => {
  it('are those inside the VPC, and no others', () => {
    const mayLogIn = names.filter((name) =>
      allowed(name).some(
        ({ action, on }) => action === 'secretsmanager:GetSecretValue' && on.endsWith(':secret:warden/*'),
      ),
    );
    expect(mayLogIn).toEqual(inside);
    expect(inside).toEqual(names.filter((name) => FUNCTIONS[name].inside));
    expect(inside).toContain('kill-connection');
    expect(outside).toContain('plan-reaps');
  });
});

describe.each(outside)('%s, outside the VPC,', (name) => {
  it('may read no secret of a database, decrypt none, and log in to none', () => {
    const about = allowed(name).filter(
      ({ action, on, only }) =>
        action.startsWith('rds-db:') ||
        (/^secretsmanager:(?!ListSecrets$)/.test(action) && !on.includes(':secret:warden-chats/')) ||
        only.includes('kms:ViaService secretsmanager.'),
    );
    expect(about).toEqual([]);
  });
});

/** How the services are reached that functions inside may use. Nothing else may be among their actions. */
const WAYS: Readonly<Record<string, string>> = {
  dynamodb: 'endpoint',
  secretsmanager: 'endpoint',
  sqs: 'endpoint',
  kms: 'by the services that encrypt, never by the function',
  logs: 'by Lambda, not through the VPC',
  xray: 'by Lambda, not through the VPC',
  ec2: 'by Lambda, and denied to the function',
  'rds-db': 'at the database itself',
};

describe.each(inside)('%s, inside the VPC,', (name) => {
  it('needs no service of AWS without an endpoint here', () => {
    const services = [...new Set(allowed(name).map(({ action }) => action.split(':')[0] ?? ''))];
    expect(services.filter((service) => WAYS[service] === undefined)).toEqual([]);
    const endpoints = properties('AWS::EC2::VPCEndpoint').map(({ ServiceName }) => JSON.stringify(ServiceName));
    const needed = services.filter((service) => WAYS[service] === 'endpoint');
    expect(needed.filter((service) => !endpoints.some((one) => one.includes(`.${service}`)))).toEqual([]);
  });

  it('is in the one security group, in subnets without any way out', () => {
    const { SecurityGroupIds, SubnetIds } = functions.get(name)?.Properties.VpcConfig ?? {};
    expect(SecurityGroupIds).toEqual([{ 'Fn::GetAtt': [groupId('Functions'), 'GroupId'] }]);
    const routed = properties('AWS::EC2::SubnetRouteTableAssociation');
    for (const { Ref } of SubnetIds) expect(routed.filter(({ SubnetId }) => SubnetId.Ref === Ref)).toHaveLength(1);
    expect(properties('AWS::EC2::Route')).toEqual([]);
    expect(properties('AWS::EC2::InternetGateway')).toEqual([]);
    expect(properties('AWS::EC2::NatGateway')).toEqual([]);
  });
});

const groupId = (part: string): string =>
  [...resourcesOf(template, 'AWS::EC2::SecurityGroup').keys()].find((id) => id.includes(part)) ?? '';

/** Each rule of a group that lets something out, as `port to whom`. */
function egressOf(rules: ReturnType<typeof synthesize>): readonly string[] {
  const made = rules.template();
  const [id, group] =
    [...resourcesOf(made, 'AWS::EC2::SecurityGroup')].find(([key]) => key.includes('NetworkFunctions')) ?? [];
  const apart = [...resourcesOf(made, 'AWS::EC2::SecurityGroupEgress').values()]
    .map(({ Properties }) => Properties)
    .filter(({ GroupId }) => GroupId['Fn::GetAtt'][0] === id);
  const all: readonly Resource['Properties'][] = [...(group?.Properties.SecurityGroupEgress ?? []), ...apart];
  return all.map(({ FromPort, ToPort, CidrIp, DestinationPrefixListId, DestinationSecurityGroupId }) => {
    expect(FromPort).toBe(ToPort);
    const to = [CidrIp, DestinationPrefixListId, DestinationSecurityGroupId].find((one) => one !== undefined);
    return `${FromPort} to ${typeof to === 'string' ? to : JSON.stringify(to)}`;
  });
}

describe('the security group of the functions', () => {
  const cidr = /^\d+ to \{"Fn::GetAtt":\["Vpc\w+","CidrBlock"\]\}$/;

  it('lets out to databases in the VPC and to the endpoints, and nowhere else', () => {
    const rules = egressOf(synthesize());
    const databases = rules.filter((rule) => cidr.test(rule)).map((rule) => rule.split(' ')[0]);
    expect(databases.sort()).toEqual(['2881', '2883', '3306']);
    const others = rules.filter((rule) => !cidr.test(rule));
    expect(others).toHaveLength(2);
    expect(others).toContainEqual(expect.stringMatching(/^443 to \{"Fn::GetAtt":\["WardenNetworkDynamoDbPrefixList/));
    expect(others).toContainEqual(
      expect.stringMatching(/^443 to \{"Fn::GetAtt":\["WardenNetworkEndpoints\w+","GroupId"\]\}/),
    );
  });

  it('lets out to the databases that are named only', () => {
    const endpoints = { dynamoDbPrefixList: 'pl-1234' };
    const rules = egressOf(synthesize({ databases: { peers: [Peer.ipv4('10.9.0.0/16')], ports: [3307] }, endpoints }));
    expect(rules.slice(0, 2)).toEqual(['3307 to 10.9.0.0/16', '443 to pl-1234']);
    expect(rules).toHaveLength(3);
  });

  it('reaches endpoints that the VPC has within its addresses', () => {
    const has = { dynamoDb: false, dynamoDbPrefixList: 'pl-1', secretsManager: false, sqs: false };
    const made = synthesize({ endpoints: has, databases: { peers: [] } });
    expect([...egressOf(made)].sort()).toEqual(['443 to pl-1', expect.stringMatching(cidr)]);
    expect(resourcesOf(made.template(), 'AWS::EC2::VPCEndpoint').size).toBe(0);
    expect(resourcesOf(made.template(), 'Custom::AWS').size).toBe(0);
  });
});

it('lets no one but the functions speak to the endpoints', () => {
  expect(
    properties('AWS::EC2::VPCEndpoint').filter(({ VpcEndpointType }) => VpcEndpointType === 'Interface'),
  ).toHaveLength(2);
  for (const { VpcEndpointType, SecurityGroupIds, PrivateDnsEnabled } of properties('AWS::EC2::VPCEndpoint')) {
    if (VpcEndpointType === 'Gateway') continue;
    expect(PrivateDnsEnabled).toBe(true);
    expect(SecurityGroupIds).toEqual([{ 'Fn::GetAtt': [groupId('Endpoints'), 'GroupId'] }]);
  }
  const ingress = properties('AWS::EC2::SecurityGroupIngress');
  expect(ingress).toEqual([
    expect.objectContaining({
      FromPort: 443,
      ToPort: 443,
      GroupId: { 'Fn::GetAtt': [groupId('Endpoints'), 'GroupId'] },
      SourceSecurityGroupId: { 'Fn::GetAtt': [groupId('NetworkFunctions'), 'GroupId'] },
    }),
  ]);
  for (const group of properties('AWS::EC2::SecurityGroup')) expect(group.SecurityGroupIngress ?? []).toEqual([]);
});

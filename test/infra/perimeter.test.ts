import { join } from 'node:path';
import { InterfaceVpcEndpoint } from 'aws-cdk-lib/aws-ec2';
import { describe, expect, it } from 'vitest';
import { CHAT_ROUTES, ROUTES } from '../../functions/routes.ts';
import { FUNCTIONS } from '../../infra/function-table.ts';
import { permissionsOf } from './permissions.ts';
import { functionsOf, propertiesOf, type Resource, resourcesOf, theOne } from './resources.ts';
import { synthesize } from './synthesize.ts';

const template = synthesize().template();
const ACCOUNT = { Ref: 'AWS::AccountId' };
type Statement = Resource['Properties'];

const keyStatements = (service: unknown): readonly Statement[] =>
  theOne(template, 'AWS::KMS::Key', 'Key').Properties.KeyPolicy.Statement.filter(
    ({ Principal }: Statement) => JSON.stringify(Principal.Service) === JSON.stringify(service),
  );

describe('the topic of alarms', () => {
  const [policy] = propertiesOf(template, 'AWS::SNS::TopicPolicy');
  const statements: readonly Statement[] = policy?.PolicyDocument.Statement;

  it('lets alarms of this account publish, and no one but them', () => {
    const allowed = statements.filter(({ Effect }) => Effect === 'Allow');
    expect(allowed).toEqual([
      {
        Sid: expect.anything(),
        Effect: 'Allow',
        Principal: { Service: 'cloudwatch.amazonaws.com' },
        Action: 'sns:Publish',
        Resource: { Ref: [...resourcesOf(template, 'AWS::SNS::Topic').keys()][0] },
        Condition: {
          StringEquals: { 'aws:SourceAccount': ACCOUNT },
          ArnLike: { 'aws:SourceArn': { 'Fn::Join': ['', expect.arrayContaining([':alarm:*'])] } },
        },
      },
    ]);
  });

  it('takes nothing in the clear, and its key serves alarms of this account alone', () => {
    expect(statements.filter(({ Effect }) => Effect === 'Deny')).toEqual([
      expect.objectContaining({ Condition: { Bool: { 'aws:SecureTransport': 'false' } } }),
    ]);
    expect(keyStatements('cloudwatch.amazonaws.com')).toEqual([
      expect.objectContaining({
        Effect: 'Allow',
        Action: ['kms:Decrypt', 'kms:GenerateDataKey*'],
        Condition: { StringEquals: { 'aws:SourceAccount': ACCOUNT } },
      }),
    ]);
  });
});

describe('logs', () => {
  it('are encrypted with the key, each of them, those of APIs and of the deployment too', () => {
    const groups = resourcesOf(template, 'AWS::Logs::LogGroup');
    expect(groups.size).toBe(functionsOf(template).size + 3);
    const key = [...resourcesOf(template, 'AWS::KMS::Key').keys()][0];
    for (const [id, { Properties }] of groups) expect(Properties.KmsKeyId, id).toEqual({ 'Fn::GetAtt': [key, 'Arn'] });
  });

  it('may be encrypted with the key where they are of this account and region', () => {
    const service = { 'Fn::Join': ['', ['logs.', { Ref: 'AWS::Region' }, '.', { Ref: 'AWS::URLSuffix' }]] };
    expect(keyStatements(service)).toEqual([
      expect.objectContaining({
        Effect: 'Allow',
        Condition: {
          ArnLike: {
            'kms:EncryptionContext:aws:logs:arn': {
              'Fn::Join': [
                '',
                [
                  'arn:',
                  { Ref: 'AWS::Partition' },
                  ':logs:',
                  { Ref: 'AWS::Region' },
                  ':',
                  { Ref: 'AWS::AccountId' },
                  ':log-group:*',
                ],
              ],
            },
          },
        },
      }),
    ]);
  });
});

describe('endpoints of the VPC', () => {
  it('let principals of this account through, to what belongs to it', () => {
    const endpoints = propertiesOf(template, 'AWS::EC2::VPCEndpoint');
    expect(endpoints).toHaveLength(3);
    const services = endpoints.map(({ PolicyDocument }) => {
      const [statement, ...others]: readonly Statement[] = PolicyDocument.Statement;
      expect(others).toEqual([]);
      expect(statement).toMatchObject({
        Effect: 'Allow',
        Condition: { StringEquals: { 'aws:PrincipalAccount': ACCOUNT, 'aws:ResourceAccount': ACCOUNT } },
      });
      return statement.Action;
    });
    expect(services.sort()).toEqual(['dynamodb:*', 'secretsmanager:*', 'sqs:*']);
  });

  it('let through what the functions inside do there', () => {
    const services = propertiesOf(template, 'AWS::EC2::VPCEndpoint').map(
      ({ PolicyDocument }) => PolicyDocument.Statement[0].Action.split(':')[0],
    );
    for (const [name, all] of permissionsOf(template)) {
      if (!FUNCTIONS[name as 'alert'].inside) continue;
      const own = all.map(({ action }) => action.split(':')[0]);
      const reached = own.filter((service) => ['dynamodb', 'secretsmanager', 'sqs'].includes(service ?? ''));
      expect(services).toEqual(expect.arrayContaining(reached));
    }
  });
});

describe('scopes of tokens', () => {
  const scoped = (jwt: object) => {
    const api = { jwt: { issuer: 'https://id.example.com', audience: ['warden'], ...jwt }, iam: true };
    const routes = propertiesOf(synthesize({ api }).template(), 'AWS::ApiGatewayV2::Route');
    return new Map(
      routes.map(({ RouteKey, AuthorizationType, AuthorizationScopes }) => [
        `${AuthorizationType} ${RouteKey}`,
        AuthorizationScopes,
      ]),
    );
  };

  it('are asked for where they are given, and more of what ends sessions', () => {
    const routes = scoped({ scopes: ['warden/look', 'warden/kill'], killScopes: ['warden/kill'] });
    for (const { method, path, name, anonymous } of ROUTES) {
      if (anonymous) continue;
      const wanted = FUNCTIONS[name].area === 'kills' ? ['warden/kill'] : ['warden/look', 'warden/kill'];
      expect(routes.get(`JWT ${method} ${path}`)).toEqual(wanted);
      expect(routes.get(`AWS_IAM ${method} ${path}`)).toBeUndefined();
    }
    for (const { method, path } of CHAT_ROUTES) expect(routes.get(`NONE ${method} ${path}`)).toBeUndefined();
  });

  it('hold for what ends sessions too where it has none of its own, and are not asked for by default', () => {
    expect(scoped({ scopes: ['a'] }).get('JWT POST /targets/{target}/kills')).toEqual(['a']);
    expect([...scoped({}).values()].filter((scopes) => scopes !== undefined)).toEqual([]);
  });
});

describe('a private API', () => {
  const made = synthesize({ api: { private: true }, ...withoutChats() });
  const alone = made.template();

  it('is the only one, behind one endpoint, and lets in what comes by it', () => {
    expect(resourcesOf(alone, 'AWS::ApiGatewayV2::Api').size).toBe(0);
    const [api] = propertiesOf(alone, 'AWS::ApiGateway::RestApi');
    const [endpoint] = [...resourcesOf(alone, 'AWS::EC2::VPCEndpoint').keys()].filter((id) => /execute/i.test(id));
    const here = { Ref: endpoint };
    expect(api.EndpointConfiguration).toEqual({ Types: ['PRIVATE'], VpcEndpointIds: [here] });
    const [allow, deny, ...others] = api.Policy.Statement;
    expect(others).toEqual([]);
    expect(allow).toMatchObject({ Effect: 'Allow', Condition: { StringEquals: { 'aws:SourceVpce': here } } });
    expect(JSON.stringify(allow.Principal)).toContain(':root');
    expect(deny).toMatchObject({
      Effect: 'Deny',
      Principal: { AWS: '*' },
      Condition: { StringNotEquals: { 'aws:SourceVpce': here } },
    });
  });

  it('asks a signature of every request, that for its own description too', () => {
    const methods = propertiesOf(alone, 'AWS::ApiGateway::Method').filter(({ HttpMethod }) => HttpMethod !== 'OPTIONS');
    expect(methods).toHaveLength(ROUTES.length);
    for (const { AuthorizationType } of methods) expect(AuthorizationType).toBe('AWS_IAM');
  });

  it('lets the network of the VPC alone reach its endpoint, and takes no name of others', () => {
    const endpoint = propertiesOf(alone, 'AWS::EC2::VPCEndpoint').find(({ PolicyDocument }) =>
      JSON.stringify(PolicyDocument).includes('execute-api'),
    );
    expect(endpoint).toMatchObject({ PrivateDnsEnabled: false, VpcEndpointType: 'Interface' });
    const callers = theOne(alone, 'AWS::EC2::SecurityGroup', 'Callers').Properties.SecurityGroupIngress;
    expect(callers).toEqual([expect.objectContaining({ FromPort: 443, ToPort: 443, CidrIp: expect.anything() })]);
    expect(JSON.stringify(callers)).not.toContain('0.0.0.0/0');
  });

  it('is watched and throttled as the others are', () => {
    const [stage] = propertiesOf(alone, 'AWS::ApiGateway::Stage');
    expect(stage.MethodSettings[0]).toMatchObject({ ThrottlingRateLimit: 50, ThrottlingBurstLimit: 100 });
    expect(Object.keys(JSON.parse(stage.AccessLogSetting.Format))).toContain('denied');
    expect(propertiesOf(alone, 'AWS::Logs::MetricFilter')).toHaveLength(1);
    expect(made.warden.api).toBeUndefined();
  });

  it('takes an endpoint that is there', () => {
    const { stack } = synthesize();
    const api = {
      private: InterfaceVpcEndpoint.fromInterfaceVpcEndpointAttributes(stack, 'Given', {
        vpcEndpointId: 'vpce-1',
        port: 443,
      }),
    };
    const given = synthesize({ api, ...withoutChats() }).template();
    expect(propertiesOf(given, 'AWS::ApiGateway::RestApi')[0].EndpointConfiguration.VpcEndpointIds).toEqual(['vpce-1']);
    expect(resourcesOf(given, 'AWS::EC2::VPCEndpoint').size).toBe(3);
  });
});

/** With a configuration that tells nobody anything. */
function withoutChats() {
  return { config: join(import.meta.dirname, 'no-reapers.yaml'), chatSecrets: undefined as never };
}

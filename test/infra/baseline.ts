import { join } from 'node:path';
import { App } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { WardenStack } from '../../infra/warden-stack.ts';
import { stackIn } from './places.ts';
import type { Resource } from './resources.ts';
import { NOT_BUNDLED } from './synthesize.ts';

/** The file that has {@link keptResources} of the last release. `npm run baseline` writes it. */
export const BASELINE = join(import.meta.dirname, 'baseline.json');

/** What a new physical resource would lose something of: data, or an address that others have. */
const KEPT =
  /^AWS::(?:DynamoDB::Table|KMS::Key|SQS::Queue|SecretsManager::Secret|Logs::LogGroup|S3::Bucket|SNS::Topic|ApiGatewayV2::Api|ApiGateway::RestApi)$/;

/** Resources by logical ID, as templates have them. */
export type Resources = Readonly<Record<string, Resource>>;

/** The resources of a template that an upgrade must keep. */
export function keptOf(template: Template): Resources {
  const { Resources: all = {} }: { Resources?: Resources } = template.toJSON();
  return Object.fromEntries(Object.entries(all).filter(([, { Type }]) => KEPT.test(Type)));
}

/** The same of each kind of deployment: the app's, and the construct's with public APIs and with a private one. */
export function keptResources(): Readonly<Record<string, Resources>> {
  const config = join(import.meta.dirname, '../../infra/warden.yaml');
  const app = new App({ context: { ...NOT_BUNDLED.context, config, email: 'dba@example.com', auditTrail: true } });
  return {
    app: keptOf(Template.fromStack(new WardenStack(app))),
    public: keptOf(Template.fromStack(stackIn('us-east-1', 'public'))),
    private: keptOf(Template.fromStack(stackIn('us-east-1', 'private'))),
  };
}

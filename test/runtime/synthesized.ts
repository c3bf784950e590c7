import { join } from 'node:path';
import { App } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { FUNCTIONS } from '../../infra/function-table.ts';
import { statementsOfRole } from '../infra/permissions.ts';
import { functionsOf } from '../infra/resources.ts';
import { synthesize } from '../infra/synthesize.ts';

/** A function as it would be deployed. Values are CloudFormation's, some of them to be filled in. */
export interface Synthesized {
  readonly name: string;
  readonly folder: string;
  readonly handler: string;
  /** Megabytes. */
  readonly memory: number;
  /** Seconds. */
  readonly timeout: number;
  readonly environment: Readonly<Record<string, unknown>>;
  /** Statements of the policies of its role. */
  readonly policies: readonly unknown[];
}

/** What `cdk synth` makes of the construct, bundles and all, in this folder. */
export function synthesizeFunctions(outdir: string, config: string) {
  const { app, stack } = synthesize({ config }, new App({ outdir }));
  const template = Template.fromJSON(app.synth().getStackByName(stack.stackName).template);
  const functions = [...functionsOf(template)].flatMap(([name, { Properties }]): (readonly [string, Synthesized])[] => {
    // The asset's hash, which its folder is called after.
    const hash = Properties.Code?.S3Key?.replace('.zip', '');
    if (!(name in FUNCTIONS) || hash === undefined) return [];
    const { Handler: handler, MemorySize: memory, Timeout: timeout, Environment, Role } = Properties;
    const one = {
      name,
      folder: join(outdir, `asset.${hash}`),
      handler,
      memory,
      timeout,
      environment: Environment?.Variables ?? {},
      policies: statementsOfRole(template, Role['Fn::GetAtt'][0]),
    };
    return [[name, one]];
  });
  return { template, functions: new Map(functions) };
}

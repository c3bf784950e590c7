import { join } from 'node:path';
import { App } from 'aws-cdk-lib';
import { FUNCTIONS } from '../../infra/function-table.ts';
import { synthesize } from '../infra/synthesize.ts';

/** A function as it would be deployed. */
export interface Synthesized {
  readonly name: string;
  readonly folder: string;
  readonly handler: string;
  /** Megabytes. */
  readonly memory: number;
  /** Seconds. */
  readonly timeout: number;
  /** `undefined` where CloudFormation fills in the value. */
  readonly environment: Readonly<Record<string, string | undefined>>;
}

interface Resource {
  readonly Type: string;
  readonly Properties: {
    readonly Description?: string;
    /** The asset's hash, which its folder is called after. */
    readonly Code?: { readonly S3Key?: string };
    readonly Handler: string;
    readonly MemorySize: number;
    readonly Timeout: number;
    readonly Environment?: { readonly Variables: Readonly<Record<string, unknown>> };
  };
}

/** What `cdk synth` makes of the construct, bundles and all, in this folder. */
export function synthesizeFunctions(outdir: string, config: string): ReadonlyMap<string, Synthesized> {
  const { app, stack } = synthesize({ config }, new App({ outdir }));
  const { Resources }: { Resources: Record<string, Resource> } = app.synth().getStackByName(stack.stackName).template;
  const functions = Object.values(Resources).flatMap(({ Type, Properties }): Synthesized[] => {
    const name = /^Session Warden: (.*)$/.exec(Properties?.Description ?? '')?.[1] ?? '';
    const hash = Properties?.Code?.S3Key?.replace('.zip', '');
    if (Type !== 'AWS::Lambda::Function' || !(name in FUNCTIONS) || hash === undefined) return [];
    const { Handler: handler, MemorySize: memory, Timeout: timeout, Environment } = Properties;
    const environment = Object.entries(Environment?.Variables ?? {}).map(
      ([key, value]) => [key, typeof value === 'string' ? value : undefined] as const,
    );
    return [
      {
        name,
        folder: join(outdir, `asset.${hash}`),
        handler,
        memory,
        timeout,
        environment: Object.fromEntries(environment),
      },
    ];
  });
  return new Map(functions.map((one) => [one.name, one]));
}

import type { Template } from 'aws-cdk-lib/assertions';

/** A resource of a template. */
export interface Resource {
  readonly Type: string;
  // biome-ignore lint/suspicious/noExplicitAny: CloudFormation's properties have no type here
  readonly Properties: any;
  readonly DeletionPolicy?: string;
}

/** Logical IDs and resources of a type. */
export function resourcesOf(template: Template, type: string): ReadonlyMap<string, Resource> {
  const found: Readonly<Record<string, unknown>> = template.findResources(type);
  return new Map(Object.entries(found).map(([id, resource]) => [id, resource as Resource]));
}

/** The functions of the construct by their names; CDK's own one, which a deployment runs, is not among them. */
export function functionsOf(template: Template): ReadonlyMap<string, Resource & { readonly id: string }> {
  const found = [...resourcesOf(template, 'AWS::Lambda::Function')].flatMap(([id, resource]) => {
    const name = /^Session Warden: (.+)$/.exec(String(resource.Properties.Description ?? ''))?.[1];
    return name === undefined ? [] : [[name, { ...resource, id }] as const];
  });
  return new Map(found);
}

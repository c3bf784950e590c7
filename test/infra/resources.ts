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

/** Properties of all resources of a type. */
export const propertiesOf = (template: Template, type: string): readonly Resource['Properties'][] =>
  [...resourcesOf(template, type).values()].map(({ Properties }) => Properties);

/** The one resource of a type whose logical ID holds this part. @throws Error where there is none, or several */
export function theOne(template: Template, type: string, part: string): Resource {
  const [found, ...others] = [...resourcesOf(template, type)].filter(([id]) => id.includes(part));
  if (found === undefined || others.length > 0)
    throw new Error(`${type} ${part}: ${others.length} besides ${found?.[0]}`);
  return found[1];
}

/** The functions of the construct by their names; CDK's own one, which a deployment runs, is not among them. */
export function functionsOf(template: Template): ReadonlyMap<string, Resource & { readonly id: string }> {
  const found = [...resourcesOf(template, 'AWS::Lambda::Function')].flatMap(([id, resource]) => {
    const name = /^Session Warden: (.+)$/.exec(String(resource.Properties.Description ?? ''))?.[1];
    return name === undefined ? [] : [[name, { ...resource, id }] as const];
  });
  return new Map(found);
}

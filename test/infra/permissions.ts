import type { Template } from 'aws-cdk-lib/assertions';
import { AUDIT_ATTRIBUTES } from '../../lib/state/tables.ts';
import { functionsOf, type Resource, resourcesOf } from './resources.ts';

/** One line of what a function may do. */
export interface Permission {
  readonly effect: 'Allow' | 'Deny';
  readonly action: string;
  /** An ARN as a person reads it. */
  readonly on: string;
  /** Under which conditions, or nothing. */
  readonly only: string;
}

/** What each function's role may do, by the function's name. */
export function permissionsOf(template: Template): ReadonlyMap<string, readonly Permission[]> {
  const roles = [...functionsOf(template)].map(([name, { Properties }]) => [name, Properties.Role['Fn::GetAtt'][0]]);
  return new Map(roles.map(([name, role]) => [name, permissionsOfRole(template, role)]));
}

/** What a role may do. @throws Error for a managed policy, which nobody here lists */
export const permissionsOfRole = (template: Template, role: string): readonly Permission[] =>
  statementsOfRole(template, role).flatMap(linesOf);

/** The same as the template has it. @throws Error for a managed policy, which nobody here lists */
export function statementsOfRole(template: Template, role: string): readonly Resource['Properties'][] {
  const { Properties } = resourcesOf(template, 'AWS::IAM::Role').get(role) ?? {};
  if (Properties.ManagedPolicyArns !== undefined || Properties.Policies !== undefined)
    throw new Error(`${role} has policies besides its own`);
  const policies = [...resourcesOf(template, 'AWS::IAM::Policy').values()].filter(({ Properties: { Roles } }) =>
    Roles.some(({ Ref }: { readonly Ref: string }) => Ref === role),
  );
  return policies.flatMap(({ Properties: { PolicyDocument } }) => PolicyDocument.Statement);
}

function linesOf({ Effect, Action, Resource: on, Condition }: Resource['Properties']): readonly Permission[] {
  // Whether by `StringEquals` or `ArnEquals`, what is compared tells enough.
  // That there is a key at all goes without saying.
  const only = Object.entries(Condition ?? {})
    .flatMap(([how, one]) => (how === 'Null' ? [] : [attributesOf(one) ?? text(one)]))
    .join('; ');
  return [Action]
    .flat()
    .flatMap((action) => [on].flat().map((one) => ({ effect: Effect, action, on: text(one), only })));
}

/** Of a list of attributes, the name that the code has for it. */
function attributesOf(condition: unknown): string | undefined {
  const { 'dynamodb:Attributes': attributes } = condition as { readonly 'dynamodb:Attributes'?: readonly string[] };
  if (attributes === undefined) return undefined;
  const known = Object.entries(AUDIT_ATTRIBUTES).find(([, list]) => list.join() === attributes.join());
  return `dynamodb:Attributes of ${known?.[0] ?? text(attributes)}`;
}

/** A value of CloudFormation as a person reads it: `{ "Fn::GetAtt": ["WardenStorageAudit1234ABCD", "Arn"] }` is `Audit`. */
export function text(value: unknown): string {
  if (typeof value !== 'object' || value === null) return String(value);
  if (Array.isArray(value)) return value.map(text).join(', ');
  const [[key, inner] = ['', '']] = Object.entries(value);
  if (key === 'Ref') return inner.startsWith('AWS::') ? `<${inner.slice(5)}>` : nameOf(inner);
  if (key === 'Fn::GetAtt') return nameOf(inner[0]);
  if (key === 'Fn::Join') return inner[1].map(text).join(inner[0]);
  return Object.entries(value)
    .map(([name, one]) => `${name} ${text(one)}`)
    .join('; ');
}

const nameOf = (id: string): string => id.replace(/^Warden(Storage|Schedule)?/, '').replace(/[0-9A-F]{8}$/, '');

import type { Node } from 'constructs';

/** What the app's context says, `-c name=value` or `cdk.json`; a stage's own part, `stages.<stage>`, goes first. */
export interface StageContext {
  /** Part of the stack's name. */
  readonly stage: string;
  readonly config: string;
  readonly secretPrefix: string;
  /** The ID of a VPC to stand in, looked up in the account; without it a VPC is made. */
  readonly vpc?: string;
  /** Of the VPC that is made. */
  readonly cidr: string;
  readonly issuer?: string;
  readonly audience: readonly string[];
  readonly iam: boolean;
  /** The name of the chats' secret. */
  readonly chatSecret?: string;
  readonly secretKeys: readonly string[];
  readonly rdsIamUsers: readonly string[];
  /** Whom alarms write to. */
  readonly email?: string;
  /** Reserves no concurrency. */
  readonly unreserved: boolean;
}

/** @throws Error for a value of the wrong kind */
export function readStage(node: Node): StageContext {
  const stage = text(node.tryGetContext('stage'), 'stage') ?? 'dev';
  const own: unknown = node.tryGetContext('stages')?.[stage];
  const of = (name: string): unknown => given(own, name) ?? node.tryGetContext(name);
  const optional = <Name extends 'vpc' | 'issuer' | 'chatSecret' | 'email'>(name: Name) => {
    const value = text(of(name), name);
    return (value === undefined ? {} : { [name]: value }) as { readonly [Key in Name]?: string };
  };
  const issuer = optional('issuer');
  return {
    stage,
    config: text(of('config'), 'config') ?? 'warden.yaml',
    secretPrefix: text(of('secretPrefix'), 'secretPrefix') ?? `session-warden/${stage}/`,
    cidr: text(of('cidr'), 'cidr') ?? '10.213.0.0/24',
    audience: list(of('audience'), 'audience'),
    // Whoever names no issuer gets an API all the same, which AWS principals may call that are allowed to.
    iam: flag(of('iam'), 'iam') ?? issuer.issuer === undefined,
    secretKeys: list(of('secretKeys'), 'secretKeys'),
    rdsIamUsers: list(of('rdsIamUsers'), 'rdsIamUsers'),
    unreserved: flag(of('unreserved'), 'unreserved') ?? false,
    ...issuer,
    ...optional('vpc'),
    ...optional('chatSecret'),
    ...optional('email'),
  };
}

const given = (object: unknown, name: string): unknown =>
  typeof object === 'object' && object !== null && Object.hasOwn(object, name)
    ? Object.entries(object).find(([key]) => key === name)?.[1]
    : undefined;

function text(value: unknown, name: string): string | undefined {
  if (value === undefined || (typeof value === 'string' && value !== '')) return value;
  throw new Error(`context ${name}: write text, as in -c ${name}=…`);
}

function list(value: unknown, name: string): readonly string[] {
  if (value === undefined) return [];
  if (Array.isArray(value) && value.every((one) => typeof one === 'string')) return value;
  return text(value, name)?.split(',') ?? [];
}

function flag(value: unknown, name: string): boolean | undefined {
  if (value === undefined || typeof value === 'boolean') return value;
  if (value === 'true' || value === 'false') return value === 'true';
  throw new Error(`context ${name}: write true or false`);
}

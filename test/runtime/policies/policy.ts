/** A statement of a policy, with every value as it is in the account. */
export interface Statement {
  readonly Effect: string;
  readonly Action: string | readonly string[];
  readonly Resource: string | readonly string[];
  readonly Condition?: Readonly<Record<string, Readonly<Record<string, string | readonly string[]>>>>;
}

/** One action on one resource that a request takes. */
export interface Need {
  readonly action: string;
  readonly resource: string;
  /** What the request says of itself, by the key of a condition. */
  readonly context: Readonly<Record<string, readonly string[]>>;
}

/** What comes of a request, and one part of a policy for each action and resource that let it through. */
export type Decision = { readonly by: readonly Grant[] } | { readonly denied: string };

/** The smallest part of what a role may do: one action on one resource, under the conditions of its statement. */
export interface Grant {
  readonly action: string;
  readonly resource: string;
  readonly condition: string;
}

/** Keys of conditions that requests here can have; of every other it is not known whether it would hold. */
const KEYS =
  /^(?:dynamodb:(?:LeadingKeys|Attributes|ReturnValues)|secretsmanager:ResourceTag\/.+|kms:ViaService|lambda:SourceFunctionArn)$/;

type Compare = (value: string, pattern: string) => boolean;

const isEqual: Compare = (value, pattern) => value === pattern;

/** With `*` and `?`, as actions, resources and `StringLike` have them. */
const isLike: Compare = (value, pattern) => {
  const source = pattern
    .replace(/[.+^${}()|[\]\\]/g, '\\$&')
    .replaceAll('*', '.*')
    .replaceAll('?', '.');
  return new RegExp(`^${source}$`, 's').test(value);
};

const OPERATORS: Readonly<Record<string, Compare>> = {
  StringEquals: isEqual,
  StringLike: isLike,
  ArnEquals: isLike,
  ArnLike: isLike,
};

const list = (one: string | readonly string[]): readonly string[] => [one].flat();

/** Actions are compared without their case. */
const isAction: Compare = (value, pattern) => isLike(value.toLowerCase(), pattern.toLowerCase());

/**
 * What IAM makes of a request and the policies of a role: denied unless a statement allows it and none denies it. What this
 * does not know denies, and says so.
 *
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html
 */
export function decide(statements: readonly Statement[], need: Need): Decision {
  const matching: Statement[] = [];
  for (const statement of statements) {
    const { Effect, Action, Resource, Condition = {}, ...others } = statement;
    if (Object.keys(others).length > 0 || (Effect !== 'Allow' && Effect !== 'Deny'))
      return { denied: `not known here: a statement with ${[Effect, ...Object.keys(others)].join()}` };
    if (!list(Action).some((action) => isAction(need.action, action))) continue;
    if (!list(Resource).some((resource) => isLike(need.resource, resource))) continue;
    const holds = Object.entries(Condition).map(([operator, keys]) => holdsFor(operator, keys, need));
    const unknown = holds.find((one) => typeof one === 'string');
    if (unknown !== undefined) return { denied: String(unknown) };
    if (holds.every((one) => one === true)) matching.push(statement);
  }
  if (matching.some(({ Effect }) => Effect === 'Deny')) return { denied: 'with an explicit deny' };
  const by = matching.flatMap((statement) =>
    grantsOf(statement).filter(
      ({ action, resource }) => isAction(need.action, action) && isLike(need.resource, resource),
    ),
  );
  return by.length > 0 ? { by } : { denied: 'because no identity-based policy allows it' };
}

/** Whether all keys of one operator hold, or why that is not known. */
function holdsFor(
  operator: string,
  keys: Readonly<Record<string, string | readonly string[]>>,
  { context }: Need,
): boolean | string {
  const [, all, name = '', ifExists] = /^(ForAllValues:)?(\w+?)(IfExists)?$/.exec(operator) ?? [];
  const compare = OPERATORS[name];
  if (compare === undefined && operator !== 'Null') return `not known here: the operator ${operator}`;
  for (const [key, wanted] of Object.entries(keys)) {
    if (!KEYS.test(key)) return `not known here: the key ${key}`;
    const values = context[key];
    if (compare === undefined) {
      if (list(wanted).some((isNull) => String(isNull) !== String(values === undefined))) return false;
      continue;
    }
    if (values === undefined) {
      // Of no values all are so; a key that is not there is no match otherwise.
      if (all === undefined && ifExists === undefined) return false;
      continue;
    }
    if (all === undefined && values.length > 1) return `${operator} of several values of ${key}`;
    if (!values.every((value) => list(wanted).some((pattern) => compare(value, pattern)))) return false;
  }
  return true;
}

/** What a statement allows, part by part. */
export const grantsOf = ({ Effect, Action, Resource, Condition = {} }: Statement): readonly Grant[] =>
  Effect !== 'Allow'
    ? []
    : list(Action).flatMap((action) =>
        list(Resource).map((resource) => ({ action, resource, condition: JSON.stringify(Condition) })),
      );

import document from '../../../docs/openapi.json' with { type: 'json' };
import { Failure } from '../help.ts';

/** Which operation of docs/openapi.json was asked. */
export interface Operation {
  /** As the document writes it: `/targets/{target}/sessions`. */
  readonly path: string;
  readonly method: string;
}

/** What the document uses of JSON Schema to describe answers. */
export interface Shape {
  readonly $ref?: string;
  readonly type?: string | readonly string[];
  readonly properties?: Readonly<Record<string, Shape>>;
  readonly required?: readonly string[];
  readonly items?: Shape;
  readonly anyOf?: readonly Shape[];
}

type Fields = Readonly<Record<string, unknown>>;
type Response = { readonly content?: { readonly 'application/json'?: { readonly schema: Shape } } };

const paths = document.paths as Readonly<
  Record<string, Readonly<Record<string, { readonly responses: Readonly<Record<string, Response>> } | undefined>>>
>;
const schemas = document.components.schemas as Readonly<Record<string, Shape>>;

const OTHER = 'Use the command of the version that the server has; --json shows what it answers.';

/** The server's answer lacks a field that was about to be used: a server of an older version does not know of it. */
export class NotSaid extends Failure {
  constructor(field: string) {
    super(`The server's answer does not say \`${field}\`: it may be of another version. ${OTHER}`);
  }
}

const NO_ANSWER = 'The server does not say it: it may be of an older version.';

/** What a field says, or something else where the server does not say it. */
export function orNotSaid<T, Other>(read: () => T, otherwise: Other): T | Other {
  try {
    return read();
  } catch (error) {
    if (error instanceof NotSaid) return otherwise;
    throw error;
  }
}

/** What an operation answers where it succeeds; `undefined` where the document has no such operation. */
export const shapeOf = ({ path, method }: Operation): Shape | undefined =>
  paths[path]?.[method.toLowerCase()]?.responses['200']?.content?.['application/json']?.schema;

/** A shape itself, where it only names another. */
export const resolved = (shape: Shape): Shape =>
  shape.$ref === undefined ? shape : (schemas[shape.$ref.replace('#/components/schemas/', '')] ?? {});

const isFields = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const typesOf = ({ type = [] }: Shape): readonly string[] => (typeof type === 'string' ? [type] : type);

const IS: Readonly<Record<string, (value: unknown) => boolean>> = {
  null: (value) => value === null,
  array: Array.isArray,
  object: isFields,
  integer: (value) => typeof value === 'number',
};

const isNullable = (shape: Shape): boolean =>
  typesOf(shape).includes('null') || shape.anyOf?.some((one) => isNullable(resolved(one))) === true;

const notOurs = (at: string): Failure =>
  new Failure(
    `The server's answer is none that this version of warden reads (${at || 'the answer'}). Is this the address of Session Warden's API? ${OTHER}`,
  );

/** Of several forms, the one of which the most is there. */
function formOf(forms: readonly Shape[], value: unknown): Shape {
  const said = ({ required = [] }: Shape): number =>
    isFields(value) ? required.filter((name) => value[name] !== undefined).length : 0;
  const [form = {}] = forms.filter(({ type }) => type !== 'null').toSorted((one, other) => said(other) - said(one));
  return form;
}

/**
 * Reads an answer by what docs/openapi.json says of its operation. What a newer server says besides stays, and new values
 * of a field are values. What an older one does not say is never taken for none: where an object lists what is not known,
 * it is listed there; elsewhere the field throws {@link NotSaid} as soon as it is used, and not before.
 *
 * @throws Failure for what is no such answer
 */
export function readAnswer<T>(operation: Operation, answer: T): T {
  const shape = shapeOf(operation);
  return shape === undefined ? answer : (read(shape, answer, '') as T);
}

function read(named: Shape, value: unknown, at: string): unknown {
  const shape = resolved(named);
  if (value === null && isNullable(shape)) return null;
  if (shape.anyOf !== undefined) return read(formOf(shape.anyOf.map(resolved), value), value, at);
  const types = typesOf(shape);
  if (types.length > 0 && !types.some((type) => IS[type]?.(value) ?? typeof value === type)) throw notOurs(at);
  const { items, properties } = shape;
  if (Array.isArray(value) && items !== undefined)
    return value.map((one, index) => read(items, one, `${at}[${index}]`));
  return isFields(value) && properties !== undefined ? readFields(shape, properties, value, at) : value;
}

function readFields(shape: Shape, properties: Readonly<Record<string, Shape>>, value: Fields, at: string): Fields {
  const { required = [] } = shape;
  const whole = (name: string): string => (at === '' ? name : `${at}.${name}`);
  const missing = required.filter((name) => value[name] === undefined);
  if (required.length > 0 && missing.length === required.length) throw notOurs(at);
  const found: Record<string, unknown> = { ...value };
  for (const [name, field] of Object.entries(properties))
    if (value[name] !== undefined) found[name] = read(field, value[name], whole(name));
  const listed = properties['unknown'] !== undefined && Array.isArray(value['unknown']) ? value['unknown'] : undefined;
  const unlisted = missing.filter((name) => listed === undefined || !isNullable(resolved(properties[name] ?? {})));
  for (const name of unlisted)
    Object.defineProperty(found, name, {
      get: () => {
        throw new NotSaid(whole(name));
      },
    });
  const listable = missing.filter((name) => !unlisted.includes(name));
  if (listed === undefined || listable.length === 0) return found;
  for (const name of listable) found[name] = null;
  found['unknown'] = [...listed, ...listable.map((field) => ({ field, why: NO_ANSWER }))];
  return found;
}

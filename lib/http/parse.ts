import * as z from 'zod/mini';
import { AppError } from '../errors.ts';
import type { KillKind } from '../sessions/session.ts';
import { type HttpRequest, parseIfMatch } from './request.ts';

/** A field's name as an answer may show it: callers choose names too, so it is short and plain. */
export const fieldName = (name: string): string => name.replace(/[^\w.[\]-]/g, '?').slice(0, 80);

/** The error for one field that is not as it must be. It names the field and never repeats its value. */
export const invalid = (field: string, why: string): AppError =>
  new AppError('request-invalid', { detail: `${fieldName(field)}: ${why}.` });

const pathOf = (path: readonly PropertyKey[]): string =>
  path.map((part, at) => (typeof part === 'number' ? `[${part}]` : `${at ? '.' : ''}${String(part)}`)).join('');

function whyNotOfType({ input, expected, path }: z.core.$ZodIssueInvalidType): string {
  if (expected === 'null') return 'is not taken by this request';
  // An empty body is read as `null`.
  const isMissing = input === undefined || (input === null && path.length === 0);
  return isMissing ? 'is missing' : `must be of type ${expected}`;
}

function why(issue: z.core.$ZodIssue): string {
  switch (issue.code) {
    case 'invalid_type':
      return whyNotOfType(issue);
    case 'invalid_value':
      return `must be one of ${issue.values.map(String).join(', ')}`;
    case 'too_small':
      return `must have at least ${issue.minimum}`;
    case 'too_big':
      return `must have at most ${issue.maximum}`;
    case 'unrecognized_keys':
      return 'is not known here';
    default:
      return issue.message;
  }
}

/** The error for what a schema found first. `whole` names the value itself, where it is not one of its fields. */
export function invalidByIssues(issues: readonly z.core.$ZodIssue[], whole: string): AppError {
  const [issue] = issues;
  if (!issue) return invalid(whole, 'is not valid');
  const path = issue.code === 'unrecognized_keys' ? [...issue.path, issue.keys[0] ?? ''] : issue.path;
  return invalid(pathOf(path) || whole, why(issue));
}

/** What one function takes. The same schemas read the request and make the OpenAPI document. */
export interface RequestShape<Path, Query, Body> {
  readonly path: z.ZodMiniType<Path>;
  readonly query: z.ZodMiniType<Query>;
  /** Of the parsed JSON; `null` is an empty body. */
  readonly body: z.ZodMiniType<Body>;
  /** Of what the tag is that may guard the call in `If-Match`; where it is false the header is refused, so that no one trusts a guard that isn't there. */
  readonly takesTag: KillKind | false;
  /** True where `Idempotency-Key` makes the call happen once; elsewhere that header is refused, for the same reason. */
  readonly takesKey?: boolean;
}

/** A request that kept to its {@link RequestShape}. */
export interface ParsedRequest<Path, Query, Body> {
  readonly path: Path;
  readonly query: Query;
  readonly body: Body;
  /** The text of `If-Match` without its quotes, or `null`. */
  readonly tag: string | null;
  /** The text of `Idempotency-Key`, or `null`. */
  readonly key: string | null;
}

function check<T>(schema: z.ZodMiniType<T>, value: unknown, whole: string): T {
  const result = z.safeParse(schema, value, { reportInput: true });
  if (!result.success) throw invalidByIssues(result.error.issues, whole);
  return result.data;
}

function percentDecoded(text: string): string {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '));
  } catch (cause) {
    throw new AppError('request-invalid', { cause, detail: 'query string: is not percent-encoded UTF-8.' });
  }
}

// Not `queryStringParameters`: the gateway joins a repeated parameter with a comma there, so that `a=1&a=2` reads as `a=1,2`.
function queryOf({ rawQuery, queryParameters }: HttpRequest): Readonly<Record<string, string>> {
  if (rawQuery === null) return queryParameters;
  const query = new Map<string, string>();
  for (const pair of rawQuery.split('&').filter(Boolean)) {
    const at = pair.includes('=') ? pair.indexOf('=') : pair.length;
    const name = percentDecoded(pair.slice(0, at));
    if (query.has(name)) throw invalid(name, 'is given twice');
    query.set(name, percentDecoded(pair.slice(at + 1)));
  }
  return Object.fromEntries(query);
}

const BASE64 = /^[A-Za-z0-9+/]*={0,2}$/;

function textOf({ body, isBase64 }: HttpRequest): string {
  if (typeof body !== 'string') throw invalid('body', 'must be text');
  if (!isBase64) return body;
  if (!BASE64.test(body)) throw invalid('body', 'is not base64');
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(Buffer.from(body, 'base64'));
  } catch (cause) {
    throw new AppError('request-invalid', { cause, detail: 'body: is not UTF-8.' });
  }
}

function bodyOf(request: HttpRequest, takesBody: boolean): unknown {
  const text = textOf(request);
  if (text === '') return null;
  // Whatever its type is: else the answer would be that another type is wanted.
  if (!takesBody) throw invalid('body', 'is not taken by this request');
  // A browser sends other types across origins without asking first; JSON it does not.
  if (!/^application\/json[ \t]*(;|$)/i.test(request.headers['content-type'] ?? '')) {
    throw new AppError('media-type-unsupported');
  }
  try {
    return JSON.parse(text);
  } catch {
    throw invalid('body', 'is not JSON'); // without a cause: its message quotes the body
  }
}

function tagOf(takesTag: KillKind | false, header: string | undefined): string | null {
  if (takesTag !== false || header === undefined) return parseIfMatch(header);
  throw new AppError('tag-invalid', { detail: 'If-Match: this request does not take it.' });
}

/** An Idempotency-Key, in quotes as the draft of the IETF has it, or without. */
export const KEY = /^(?:"([\w.:+/=-]{1,128})"|([\w.:+/=-]{1,128}))$/;

function keyOf(takesKey: boolean | undefined, header: string | undefined): string | null {
  if (header === undefined) return null;
  if (!takesKey) throw invalid('Idempotency-Key', 'is not taken by this request');
  const [, quoted, bare] = KEY.exec(header) ?? [];
  const key = quoted ?? bare;
  if (key === undefined) throw invalid('Idempotency-Key', 'must be 1 to 128 letters, digits and _.:+/=-');
  return key;
}

/**
 * Reads path, query, headers and body strictly: what is unknown, doubled or malformed is refused by name.
 *
 * @throws AppError `request-invalid`, `tag-invalid`, `media-type-unsupported`.
 */
export function parseRequest<Path, Query, Body>(
  shape: RequestShape<Path, Query, Body>,
  request: HttpRequest,
): ParsedRequest<Path, Query, Body> {
  return {
    path: check(shape.path, request.pathParameters, 'path'),
    query: check(shape.query, queryOf(request), 'query string'),
    tag: tagOf(shape.takesTag, request.headers['if-match']),
    key: keyOf(shape.takesKey, request.headers['idempotency-key']),
    body: check(shape.body, bodyOf(request, shape.body.type !== 'null'), 'body'),
  };
}

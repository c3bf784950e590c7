import type * as z from 'zod/mini';
import { AppError } from '../errors.ts';

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

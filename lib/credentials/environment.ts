import { readFileSync } from 'node:fs';
import { type Document, parseDocument } from 'yaml';
import { z } from 'zod';
import { AppError } from '../errors.ts';

/** The name of the target that `DATABASE_URL` gives. */
export const LOCAL_TARGET = 'local';

/**
 * Target names and URLs from the environment: `DATABASE_URL` is the target `local`, `TARGETS` names a JSON or YAML file
 * of `{ name: url }`. Empty where neither is set. For one machine; Lambda functions read Secrets Manager.
 *
 * @throws AppError `configuration-invalid` for a file that cannot be read or has another shape, and for a `local` in
 * it next to `DATABASE_URL`.
 */
export function targetsFromEnvironment(env: Readonly<NodeJS.ProcessEnv>): ReadonlyMap<string, string> {
  const targets = new Map(env['TARGETS'] ? readTargets(env['TARGETS']) : []);
  if (env['DATABASE_URL']) {
    if (targets.has(LOCAL_TARGET)) throw invalid(`${LOCAL_TARGET} stands there, and DATABASE_URL is set too`);
    targets.set(LOCAL_TARGET, env['DATABASE_URL']);
  }
  return targets;
}

function readTargets(file: string): readonly (readonly [string, string])[] {
  const document = parseDocument(read(file), { stringKeys: true });
  const [mistake] = document.errors;
  // Line and code only: the message quotes the line, which holds a password.
  if (mistake) throw invalid(`line ${mistake.linePos?.[0].line ?? '?'} is not valid (${mistake.code})`);
  const { data, error } = z.record(z.string(), z.string()).safeParse(plain(document) ?? {});
  if (error) throw invalid(`${error.issues[0]?.path.join('.') || 'the file'} is not of the shape "name: url"`);
  return Object.entries(data);
}

function plain(document: Document.Parsed): unknown {
  try {
    return document.toJS();
  } catch {
    throw invalid('it has an alias without its anchor, or too many of them');
  }
}

function read(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (cause) {
    throw invalid('the file cannot be read', cause);
  }
}

const invalid = (what: string, cause?: unknown) =>
  new AppError('configuration-invalid', { detail: `TARGETS: ${what}.`, cause });

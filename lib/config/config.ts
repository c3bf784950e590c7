import { isMap, isNode, isScalar, LineCounter, parseDocument, type YAMLError } from 'yaml';
import type { z } from 'zod';
import { AppError } from '../errors.ts';
import { isExpired } from '../reaper/when.ts';
import { configSchema } from './config-schema.ts';
import { unknownName } from './nearest.ts';

/** The whole of warden.yaml, every default filled in. Times are seconds. */
export type WardenConfig = z.infer<typeof configSchema>;

const MAX_ISSUES = 5;

/** How to read a configuration. */
export interface ParseOptions {
  /** Today, for `until`. */
  readonly now?: Date;
  /**
   * Takes a reaper whose `until` is past, which then does nothing. For what already runs: a function that restarts at
   * midnight must not fail for a rule that has served its time. A check or a deployment reports it.
   */
  readonly allowExpired?: boolean;
}

/**
 * Reads warden.yaml. What it returns is valid and complete; an unknown field, a repeated key or an unknown tag is an
 * error, because a misspelt restriction would otherwise restrict nothing.
 *
 * @param fileName how errors call the file.
 * @throws AppError `configuration-invalid`; `detail` names file and line, and what to write there, and quotes no value.
 */
export function parseConfig(
  text: string,
  fileName: string,
  { now = new Date(), allowExpired = false }: ParseOptions = {},
): WardenConfig {
  const lines = new LineCounter();
  // `prettyErrors` would quote the source, which an answer or a log must not show.
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, stringKeys: true });
  const lineOf = (offset: number) => Math.max(1, lines.linePos(offset).line);

  const fault = document.errors[0] ?? document.warnings[0];
  if (fault) throw invalid([`${fileName}:${lineOf(fault.pos[0])}: not valid YAML: ${yamlFault(fault)}`], fault);

  let value: unknown;
  try {
    value = document.toJS();
  } catch (cause) {
    throw invalid([`${fileName}:1: not valid YAML: write no alias without its anchor, and few of them`], cause);
  }
  const parsed = configSchema.safeParse(value, { error: unknownField });
  const issues = parsed.success ? (allowExpired ? [] : expiredOf(parsed.data, now)) : parsed.error.issues;
  if (parsed.success && issues.length === 0) return parsed.data;

  const sentences = issues.map((issue) => {
    const key = issue.code === 'unrecognized_keys' ? issue.keys[0] : undefined;
    const line = lineOf(offsetOf(document.contents, key === undefined ? issue.path : [...issue.path, key]));
    return `${fileName}:${line}: ${pathText(issue.path)}${issue.message}`;
  });
  throw invalid(sentences, parsed.error);
}

const expiredOf = ({ reapers }: WardenConfig, now: Date): z.core.$ZodIssue[] =>
  reapers.flatMap((reaper, at) =>
    isExpired(reaper, now)
      ? [
          {
            code: 'custom' as const,
            path: ['reapers', at, 'until'],
            message: 'this day is past, so the rule would never run: write a later one, or remove the rule',
            input: reaper.until,
          },
        ]
      : [],
  );

function invalid(sentences: readonly string[], cause: unknown): AppError {
  const more = sentences.length - MAX_ISSUES;
  const shown = sentences.slice(0, MAX_ISSUES).join('\n');
  return new AppError('configuration-invalid', { cause, detail: more > 0 ? `${shown}\nand ${more} more` : shown });
}

/** Of a field that a schema does not know, which of its own was meant; what else is wrong, the schemas say themselves. */
export function unknownField(issue: z.core.$ZodRawIssue): string | undefined {
  if (issue.code !== 'unrecognized_keys' || issue.keys === undefined) return undefined;
  const shape = issue.inst !== undefined && 'shape' in issue.inst ? issue.inst.shape : {};
  return unknownName('field', issue.keys, Object.keys(shape ?? {}));
}

const pathText = (path: readonly PropertyKey[]): string =>
  path.length === 0
    ? ''
    : `${path.map((step, at) => (typeof step === 'number' ? `[${step}]` : `${at > 0 ? '.' : ''}${String(step)}`)).join('')}: `;

/** Where the deepest part of `path` that is written begins; of a map's entry its key, as that is where people look. */
function offsetOf(contents: unknown, path: readonly PropertyKey[]): number {
  let node: unknown = contents;
  let offset = isNode(node) ? (node.range?.[0] ?? 0) : 0;
  for (const step of path) {
    if (isMap(node)) {
      const pair = node.items.find(({ key }) => isScalar(key) && String(key.value) === String(step));
      if (!pair) return offset;
      if (isNode(pair.key)) offset = pair.key.range?.[0] ?? offset;
      node = pair.value;
    } else {
      const item: unknown = hasItems(node) ? node.items[Number(step)] : undefined;
      if (!isNode(item)) return offset;
      offset = item.range?.[0] ?? offset;
      node = item;
    }
  }
  return offset;
}

const hasItems = (node: unknown): node is { readonly items: readonly unknown[] } =>
  typeof node === 'object' && node !== null && 'items' in node && Array.isArray(node.items);

// Of these the parser's own words quote the file, where a secret may have been pasted.
const QUOTING: Readonly<Partial<Record<YAMLError['code'], string>>> = {
  BAD_ALIAS: 'an alias or anchor that cannot be read, or has nothing to stand for',
  BAD_COLLECTION_TYPE: 'a tag of another kind of value',
  BAD_DIRECTIVE: 'a directive, which begins with %, that is not known',
  BAD_DQ_ESCAPE: 'an escape in double quotes that is not known',
  BAD_SCALAR_START: 'a value that must stand in quotes',
  TAG_RESOLVE_FAILED: 'a tag, which begins with !, that is not known',
  UNEXPECTED_TOKEN: 'something that does not belong here',
};

/** What is wrong with a YAML file, without a word of the file itself. */
export const yamlFault = ({ code, message }: YAMLError): string => QUOTING[code] ?? message;

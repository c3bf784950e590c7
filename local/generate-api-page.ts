/** Writes docs/api.md from the OpenAPI document, or with `--check` fails where it is not fresh. */
import { readFile, writeFile } from 'node:fs/promises';
import type { OperationName } from '../lib/http/operations.ts';
import { openApiText } from './generate-documents.ts';

const FILE = new URL('../docs/api.md', import.meta.url);

interface Schema {
  readonly $ref?: string;
  readonly type?: string | readonly string[];
  readonly description?: string;
  readonly enum?: readonly string[];
  readonly const?: unknown;
  readonly default?: unknown;
  readonly items?: Schema;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly anyOf?: readonly Schema[];
}

interface Parameter {
  readonly in: string;
  readonly name: string;
  readonly schema: Schema;
  readonly required?: boolean;
  readonly description?: string;
}

interface Content {
  readonly content?: Readonly<Record<string, { readonly schema: Schema }>>;
}

interface Operation {
  readonly operationId: OperationName;
  readonly tags: readonly string[];
  readonly summary: string;
  /** Empty where no identity is asked for. */
  readonly security?: readonly unknown[];
  readonly parameters?: readonly Parameter[];
  readonly requestBody?: Content;
  readonly responses: Readonly<
    Record<string, Content & { readonly description: string; readonly headers?: Readonly<Record<string, unknown>> }>
  >;
}

interface Document {
  readonly info: { readonly version: string; readonly description: string };
  readonly tags: readonly { readonly name: string; readonly description: string }[];
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components: {
    readonly schemas: Readonly<Record<string, Schema>>;
    readonly headers: Readonly<Record<string, { readonly description: string }>>;
  };
}

/** What an example sends, after `curl -s -H "$auth"`. The answers are written by `npm run docs`, from a real call. */
const EXAMPLES: Readonly<Partial<Record<OperationName, string>>> = {
  'list-targets': '"$URL/targets"',
  'check-target': '"$URL/targets/shop/health"',
  'list-sessions': '"$URL/targets/shop/sessions?user=report&command=Query&limit=1"',
  'get-session': '"$URL/targets/shop/sessions/4711"',
  'list-blockers': '"$URL/targets/shop/blockers"',
  'kill-connection':
    '-X DELETE -H \'If-Match: "TAG"\' \\\n  "$URL/targets/shop/sessions/4711?reason=leaked%20by%20the%20old%20release"',
  'kill-query': '-X DELETE -H \'If-Match: "TAG"\' "$URL/targets/shop/sessions/4712/query?reason=runaway"',
  'kill-sessions':
    "-H 'content-type: application/json' -H 'Idempotency-Key: release-7-cleanup' \"$URL/targets/shop/kills\" \\\n" +
    '  -d \'{"kills":[{"id":"4713","kind":"connection","tag":"TAG"}],"reason":"the old release"}\'',
  'preview-reap':
    '-H \'content-type: application/json\' "$URL/targets/shop/reaps" \\\n' +
    '  -d \'{"rule":{"match":{"user":"app_web","idle":"5m"}},"limit":1}\'',
  'ask-approval':
    "-H 'Agent: claude-code/2.1' -H 'content-type: application/json' \"$URL/targets/shop/approvals\" \\\n" +
    '  -d \'{"kills":[{"id":"4714","kind":"connection","tag":"TAG"}],"reason":"holds up the shop"}\'',
  'get-approval': '-H \'Agent: claude-code/2.1\' "$URL/targets/shop/approvals/APPROVAL"',
  'list-audit': '"$URL/audit?limit=1"',
  'show-stop': '"$URL/stop"',
  'stop-kills':
    '-X PUT -H \'content-type: application/json\' "$URL/stop" \\\n  -d \'{"reason":"the idle rule ends the importer"}\'',
  'resume-kills': '-X DELETE "$URL/stop?reason=fixed"',
};

const SERVER = 'When the database does not answer';

const cell = (text: string): string => text.replaceAll('\n', ' ').replaceAll('|', '\\|');
const row = (cells: readonly string[]): string => `| ${cells.map(cell).join(' | ')} |`;
const table = (head: readonly string[], rows: readonly (readonly string[])[]): readonly string[] =>
  rows.length === 0 ? [] : [row(head), `|${head.map(() => '---').join('|')}|`, ...rows.map(row), ''];

const nameOf = (ref: string): string => ref.split('/').at(-1) ?? '';
const code = (text: string): string => `\`${text}\``;
const linkTo = (name: string): string =>
  name === 'ErrorCode' ? '[code](errors.md)' : `[${name}](#${name.toLowerCase()}-object)`;
const listed = (values: readonly unknown[]): string => values.map((value) => code(String(value))).join(', ');

/** What a value is, in words. */
function kindOf(schema: Schema): string {
  if (schema.$ref !== undefined) return linkTo(nameOf(schema.$ref));
  if (schema.const !== undefined) return code(String(schema.const));
  if (schema.enum !== undefined) return listed(schema.enum);
  if (schema.anyOf !== undefined) return [...new Set(schema.anyOf.map(kindOf))].join(' or ');
  if (schema.items !== undefined) return `list of ${kindOf(schema.items)}`;
  return [schema.type ?? 'any'].flat().join(' or ');
}

const meaningOf = (schema: Schema, isRequired: boolean): string =>
  [
    schema.description ?? '',
    isRequired || schema.default !== undefined ? '' : 'Optional.',
    schema.default === undefined || typeof schema.default === 'object'
      ? ''
      : `Default ${code(String(schema.default))}.`,
  ]
    .filter((part) => part !== '')
    .join(' ');

/** One object for those of a list that come in several forms: each field with all that it may be. */
function merged(forms: readonly Schema[]): Schema {
  const fieldsOfForms = forms.flatMap(({ properties = {} }) => Object.entries(properties));
  const properties = [...Map.groupBy(fieldsOfForms, ([name]) => name)].map(([name, same]) => {
    const descriptions = new Set(same.map(([, { description = '' }]) => description));
    return [name, { anyOf: same.map(([, field]) => field), description: [...descriptions].join(' ') }] as const;
  });
  const [{ required = [] } = {}, ...others] = forms;
  return {
    properties: Object.fromEntries(properties),
    required: required.filter((name) => others.every((other) => other.required?.includes(name))),
  };
}

/** The object that a field is, or lists. */
function objectOf({ properties, items, ...field }: Schema): Schema | undefined {
  if (properties !== undefined) return { ...field, properties };
  if (items?.anyOf?.every((form) => form.properties !== undefined)) return merged(items.anyOf);
  return items?.properties && items;
}

/** The fields of an object, those of objects within it as `outer.inner`. */
function fieldsOf(schema: Schema, before = ''): readonly (readonly string[])[] {
  return Object.entries(schema.properties ?? {}).flatMap(([name, field]) => {
    const isRequired = schema.required?.includes(name) ?? false;
    const inner = objectOf(field);
    const path = `${before}${name}`;
    const kind = inner === undefined ? kindOf(field) : field.items === undefined ? 'object' : 'list of objects';
    return [[code(path), kind, meaningOf(field, isRequired)], ...(inner ? fieldsOf(inner, `${path}.`) : [])];
  });
}

/** A body or an answer: the fields of each of its forms. */
function described(what: string, schema: Schema): readonly string[] {
  if (schema.$ref !== undefined) return [`${what}: ${linkTo(nameOf(schema.$ref))}.`, ''];
  const forms = schema.anyOf ?? [schema];
  return forms.flatMap((form, at) => {
    const title = at === 0 ? `${what}:` : `Or, ${kindOfForm(form)}:`;
    const fields = table(['field', 'is', 'meaning'], fieldsOf(form));
    return fields.length === 0 ? [] : [title, '', ...fields];
  });
}

/** By what a form differs from those before it. */
const kindOfForm = ({ required = [] }: Schema): string => `with ${listed(required.slice(0, 3))}`;

const codesOf = ({ responses }: Operation): ReadonlyMap<string, string> =>
  new Map(
    Object.entries(responses).flatMap(([status, { description }]) =>
      [...description.matchAll(/^`([\w-]+)`:/gm)].map(([, name = '']) => [name, status] as const),
    ),
  );

const isOfServer = (name: string): boolean => name.startsWith('target-') && name !== 'target-not-found';
const linkToError = (name: string): string => `[${name}](errors.md#${name})`;

function errorsOf(operation: Operation, everywhere: ReadonlySet<string>, server: number): readonly string[] {
  const codes = [...codesOf(operation)].filter(([name]) => !everywhere.has(name));
  const ofServer = codes.filter(([name]) => isOfServer(name));
  const hasAll = ofServer.length === server;
  const byStatus = Map.groupBy(
    codes.filter(([name]) => !(hasAll && isOfServer(name))),
    ([, status]) => status,
  );
  const texts = [...byStatus].map(
    ([status, same]) => `${status} ${same.map(([name]) => linkToError(name)).join(', ')}`,
  );
  const all = [...texts, ...(hasAll ? [`those [of the database](#${SERVER.toLowerCase().replaceAll(' ', '-')})`] : [])];
  return all.length === 0 ? [] : wrapped(`Errors: ${all.join('; ')}.`);
}

const lowered = (text: string): string => `${text.charAt(0).toLowerCase()}${text.slice(1)}`;

/** Prose in lines of at most 120 characters. */
function wrapped(text: string): readonly string[] {
  const lines: string[] = [];
  for (const word of text.split(' ')) {
    const last = lines.at(-1);
    if (last === undefined || last.length + word.length >= 120) lines.push(word);
    else lines[lines.length - 1] = `${last} ${word}`;
  }
  return [...lines, ''];
}

interface Place {
  readonly path: string;
  readonly method: string;
  readonly operation: Operation;
}

/** The answers on the page as it is, by what was asked. They are real ones, which only a server can write. */
const answersIn = (page: string): ReadonlyMap<string, string> =>
  new Map(
    [...page.matchAll(/```sh\n((?:(?!```)[\s\S])*)```\n\n```json\n((?:(?!```)[\s\S])*)```/g)].map(
      ([, ask = '', answer = '']) => [ask, answer],
    ),
  );

/** The text of docs/api.md as it should be now. @param page - as it is, for the answers of its examples */
async function apiPage(page: string): Promise<string> {
  const document: Document = JSON.parse(openApiText());
  const answers = answersIn(page);
  const places: readonly Place[] = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ path, method: method.toUpperCase(), operation })),
  );
  const all = places
    .filter(({ operation }) => operation.security === undefined)
    .map(({ operation }) => codesOf(operation));
  const everywhere = new Set([...(all[0]?.keys() ?? [])].filter((name) => all.every((codes) => codes.has(name))));
  const ofServer = new Map(all.flatMap((codes) => [...codes]).filter(([name]) => isOfServer(name)));

  const operations = document.tags.flatMap(({ name, description }) => [
    `## ${name}`,
    '',
    description,
    '',
    ...places.filter(({ operation }) => operation.tags.includes(name)).flatMap(section),
  ]);

  function section({ path, method, operation }: Place): readonly string[] {
    const { operationId, summary, parameters = [], requestBody, responses } = operation;
    const answer = (responses['200'] ?? responses['202'])?.content?.['application/json']?.schema;
    const body = requestBody?.content?.['application/json']?.schema;
    const rows = parameters.map(({ in: where, name, schema, required = false, description }) => [
      code(name),
      where,
      kindOf(schema),
      meaningOf({ ...schema, ...(description !== undefined && { description }) }, required),
    ]);
    const example = EXAMPLES[operationId];
    const ask = example === undefined ? undefined : `curl -s -H "$auth" ${example}\n`;
    return [
      `### ${method} ${path}`,
      '',
      ...wrapped(
        `${summary}.${responses['202'] === undefined ? '' : ` Status 202: ${lowered(responses['202'].description)}.`}`,
      ),
      ...table(['parameter', 'in', 'is', 'meaning'], rows),
      ...(body === undefined ? [] : described('Body', body)),
      ...(answer === undefined ? [] : described('Answer', answer)),
      ...(ask === undefined ? [] : ['```sh', `${ask}\`\`\``, '', '```json', `${answers.get(ask) ?? '{}\n'}\`\`\``, '']),
      ...errorsOf(operation, everywhere, ofServer.size),
    ];
  }

  const objects = Object.entries(document.components.schemas)
    .filter(([name]) => name !== 'ErrorCode')
    .flatMap(([name, schema]) => [
      `### ${name} (object)`,
      '',
      ...(schema.description === undefined ? [] : wrapped(schema.description)),
      ...(schema.enum === undefined ? [] : wrapped(`One of ${listed(schema.enum)}.`)),
      ...table(['field', 'is', 'meaning'], fieldsOf(schema)),
    ]);

  const text = [
    ...INTRODUCTION,
    ...wrapped(document.info.description.replace(/^.*? sessions\. /, '')),
    '## Errors',
    '',
    ...wrapped(
      'Every failure is a [Problem](#problem-object) with a stable `code` and a `hint`. [errors.md](errors.md) says what each means and what to do. Each call may answer these:',
    ),
    ...table(
      ['code', 'status'],
      [...everywhere].map((name) => [linkToError(name), all[0]?.get(name) ?? '']),
    ),
    `### ${SERVER}`,
    '',
    ...table(
      ['code', 'status'],
      [...ofServer].map(([name, status]) => [linkToError(name), status]),
    ),
    ...operations,
    '## Objects',
    '',
    ...objects,
  ];
  return `${text
    .join('\n')
    .replace(/\n{3,}/g, '\n\n')
    .trimEnd()}\n`;
}

const INTRODUCTION = `# API

For people who write a program that calls Session Warden. [All pages](README.md).

\`npm run api\` makes this page of [openapi.json](openapi.json), which every deployment also serves at
\`GET /openapi.json\`. People use the [command](cli.md), the [console](console.md) or [chat](chat-ops.md), which ask the
same API.

## How to call it

The address is the output \`Url\` of a deployment, or \`http://127.0.0.1:8787\` for \`npm start\` and
[\`warden serve\`](serve.md). Send an access token of the configured issuer:

\`\`\`sh
URL=https://YOUR-API; TOKEN=…
auth="Authorization: Bearer $TOKEN"
curl -s -H "$auth" "$URL/targets"
\`\`\`

With AWS credentials, sign the request for the service \`execute-api\`:

\`\`\`sh
curl -s --aws-sigv4 aws:amz:REGION:execute-api --user "$AWS_ACCESS_KEY_ID:$AWS_SECRET_ACCESS_KEY" \\
  -H "x-amz-security-token: $AWS_SESSION_TOKEN" "$URL/targets"
\`\`\`

- **Tags.** A list gives each session and each running statement a \`tag\`. Send it in \`If-Match\`, in double quotes: then
  only what you saw is ended, and else the answer is 412 ([tag-mismatch](errors.md#tag-mismatch)).
- **IDs are text.** Many are above 2^53, and a number would be rounded.
- **Unknown is a value.** A field that the server does not show is in \`unknown\` with the reason; in any other field
  \`null\` means that there is none ([engines.md](engines.md#values-that-a-server-does-not-show)).
- **Pages.** Send the \`next\` of a page as \`cursor\`, with the same other parameters, until it is null.
- **Once only.** \`Idempotency-Key\` makes a POST happen once: sent again within 24 hours, it gives the same answer.
- **Waiting.** 429 and 503 have \`Retry-After\` in seconds. So has 202, with the session to look at in \`Location\`.
- **Finding a call.** \`X-Request-Id\` of an answer is also in the log and the record ([operations.md](operations.md)).

## Versions
`.split('\n');

if (import.meta.main) {
  const page = await readFile(FILE, 'utf8').catch(() => '');
  const fresh = await apiPage(page);
  if (!process.argv.includes('--check')) await writeFile(FILE, fresh);
  else if (page !== fresh) {
    console.error('docs/api.md is not what docs/openapi.json says: npm run api');
    process.exitCode = 1;
  }
}

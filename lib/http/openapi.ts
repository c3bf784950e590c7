import * as z from 'zod/mini';
import { createDocument, type ZodOpenApiOperationObject, type ZodOpenApiPathsObject } from 'zod-openapi';
import { ERRORS, type ErrorCode } from '../errors.ts';
import type { KillKind } from '../sessions/session.ts';
import { TAG_FORM } from '../sessions/tags.ts';
import { problemType } from './answer.ts';
import { codeSchema, TAG_EXAMPLE } from './answers.ts';
import { OPERATION_TAGS, OPERATIONS, type Operation, type OperationName } from './operations.ts';
import { KEY } from './parse.ts';

/** A route that the document describes. */
export interface Route {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  /** As API Gateway writes it, `/targets/{target}`. */
  readonly path: `/${string}`;
  readonly name: OperationName;
  /** True where no identity is asked for. */
  readonly anonymous: boolean;
}

/** `If-Match` as the document describes it, by what its tag guards. */
export const ifMatch = (kind: KillKind) =>
  z.object({
    'If-Match': z.optional(
      z.string().check(
        z.regex(new RegExp(`^"${TAG_FORM[kind]}"$`)),
        z.meta({
          description: `The ${kind === 'query' ? 'statement' : 'session'} tag: only what the tag identifies is ended.`,
          example: `"${TAG_EXAMPLE[kind]}"`,
        }),
      ),
    ),
  });

/** `Idempotency-Key` as the document describes it. */
export const idempotencyKey = z.object({
  'Idempotency-Key': z.optional(
    z.string().check(
      z.regex(KEY),
      z.meta({
        description:
          'Makes the request happen once: sent again within 24 hours by the same caller, with the same content, it gives the same answer.',
        example: '8e03978e-40d5-43dd-bc93-6894a57f9324',
      }),
    ),
  ),
});

/** `Agent` as the document describes it, for every call that knows its caller. */
const agentHeader = {
  Agent: z.optional(
    z.string().check(
      z.meta({
        description:
          'The program that acts for the caller, such as an AI agent. What it ends needs a tag or a digest, and a person who approves it.',
        example: 'claude-code/2.1',
      }),
    ),
  ),
};

type Responses = ZodOpenApiOperationObject['responses'];

const EVERYWHERE: readonly ErrorCode[] = ['request-invalid', 'body-too-large', 'internal', 'configuration-invalid'];

// What a request may meet by its shape alone, so that no operation can forget to name it.
const WITH_BODY: readonly ErrorCode[] = ['media-type-unsupported'];
const WITH_KEY: readonly ErrorCode[] = ['idempotency-in-flight', 'idempotency-key-reused', 'state-unavailable'];

const problemSchema = z
  .strictObject({
    type: z.string().check(z.meta({ description: 'The page of this error.', example: problemType('tag-mismatch') })),
    title: z.string(),
    status: z.int(),
    detail: z.optional(z.string()).check(z.meta({ description: 'What is the matter in this case.' })),
    instance: z.string(),
    code: codeSchema,
    hint: z.string().check(z.meta({ description: 'What to do next.' })),
    requestId: z.string(),
    auditId: z.optional(z.string()),
  })
  .check(z.meta({ id: 'Problem', description: 'RFC 9457, with a stable code and a hint.' }));

const header = (description: string) => ({ description, schema: { type: 'string' as const } });

/** Headers of answers, each described once. */
const HEADERS = {
  RequestId: header('Links answer, log and audit record.'),
  RetryAfter: header('Seconds after which a retry, or another look, makes sense.'),
  ETag: header('The session tag in quotes, ready for If-Match.'),
  Location: header('Where to look again.'),
};

const ref = (name: keyof typeof HEADERS) => ({ $ref: `#/components/headers/${name}` });
const REQUEST_ID = { 'X-Request-Id': ref('RequestId') };
const RETRY_AFTER = { 'Retry-After': ref('RetryAfter') };

function problems(codes: readonly ErrorCode[]): Responses {
  const byStatus = Map.groupBy(codes, (code) => ERRORS[code].status);
  return Object.fromEntries(
    [...byStatus].map(([status, same]) => [
      `${status as 400}` as const,
      {
        description: same.map((code) => `\`${code}\`: ${ERRORS[code].title}`).join('\n\n'),
        headers: { ...REQUEST_ID, ...([429, 503].includes(status) && RETRY_AFTER) },
        content: { 'application/problem+json': { schema: problemSchema } },
      },
    ]),
  );
}

function successes({ answer, mayBePending, hasEtag }: Operation): Responses {
  const content = { 'application/json': { schema: answer } };
  const pending = {
    description: 'Not over yet: the server still works on it, or people are asked',
    content,
    headers: { ...REQUEST_ID, ...RETRY_AFTER, Location: ref('Location') },
  };
  return {
    '200': { description: 'Done', content, headers: { ...REQUEST_ID, ...(hasEtag && { ETag: ref('ETag') }) } },
    ...(mayBePending && { '202': pending }),
  };
}

function asObject(schema: z.ZodMiniType): z.ZodMiniObject {
  if (schema instanceof z.ZodMiniObject) return schema;
  throw new TypeError('path and query are described by objects');
}

function toOperation({ name, anonymous }: Route): ZodOpenApiOperationObject {
  const operation = OPERATIONS[name];
  const { request, summary } = operation;
  const takesBody = request !== null && request.body.type !== 'null';
  const own: ErrorCode[] = [
    ...(anonymous ? [] : (['unauthenticated', 'tag-invalid'] as const)),
    ...operation.codes,
    ...(takesBody ? WITH_BODY : []),
    ...(request?.takesKey ? WITH_KEY : []),
  ];
  return {
    operationId: name,
    tags: [operation.tag],
    summary,
    ...(anonymous && { security: [] }),
    ...(request && {
      requestParams: {
        path: asObject(request.path),
        query: asObject(request.query),
        header: z.object({
          ...(request.takesTag !== false && ifMatch(request.takesTag).shape),
          ...(request.takesKey && idempotencyKey.shape),
          ...agentHeader,
        }),
      },
    }),
    ...(takesBody && { requestBody: { required: true, content: { 'application/json': { schema: request.body } } } }),
    responses: { ...successes(operation), ...problems([...EVERYWHERE, ...own]) },
  };
}

/** The OpenAPI 3.1 document of these routes. docs/openapi.json is made of it. */
export function createOpenApi(routes: readonly Route[], version: string) {
  const paths: ZodOpenApiPathsObject = {};
  for (const route of routes) {
    paths[route.path] = { ...paths[route.path], [route.method.toLowerCase()]: toOperation(route) };
  }
  return createDocument({
    openapi: '3.1.0',
    info: {
      title: 'Session Warden',
      version,
      description:
        'Sees and ends database sessions. A parameter that is unknown or given twice is refused. Until 1.0 a minor version may change this API, and the changelog says how; from 1.0 on only a major version removes or renames anything. Any version may add fields, codes and values: ignore what you do not know.',
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    servers: [
      { url: './', description: 'The deployment or the gateway that serves this document' },
      { url: 'http://127.0.0.1:8787', description: 'npm start, or warden serve on this machine' },
      {
        url: 'https://{api}.execute-api.{region}.amazonaws.com',
        description: 'A deployment without a domain of its own',
        variables: { api: { default: 'a1b2c3d4e5' }, region: { default: 'eu-central-1' } },
      },
    ],
    tags: Object.entries(OPERATION_TAGS).map(([name, description]) => ({ name, description })),
    security: [{ jwt: [] }, { sigv4: [] }],
    paths,
    components: {
      headers: HEADERS,
      securitySchemes: {
        jwt: { type: 'http', scheme: 'bearer', bearerFormat: 'JWT', description: 'Of the configured OIDC issuer.' },
        sigv4: {
          type: 'apiKey',
          in: 'header',
          name: 'Authorization',
          description: 'AWS Signature Version 4, service execute-api.',
          'x-amazon-apigateway-authtype': 'awsSigv4',
        },
      },
    },
  });
}

import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { ROUTES } from '../../../../functions/routes.ts';
import { createOpenApi } from '../../../../lib/http/openapi.ts';
import type { Session, Statement } from '../../../../lib/sessions/session.ts';
import { sessionTag, statementTag } from '../../../../lib/sessions/tags.ts';
import { openApiText } from '../../../../local/generate-documents.ts';
import { aSession } from '../reaper/a-session.ts';

const document = createOpenApi(ROUTES, '0.0.0');

function theStatement({ statement }: Session): Statement {
  if (statement === null) throw new Error('it runs nothing');
  return statement;
}

describe('the OpenAPI document', () => {
  it('is what docs/openapi.json holds', async () => {
    const file = readFileSync(new URL('../../../../docs/openapi.json', import.meta.url), 'utf8');
    expect(file, 'run node local/generate-documents.ts').toBe(openApiText());
  });

  it.each(ROUTES)('describes $method $path', ({ method, path, name, anonymous }) => {
    const operation = document.paths?.[path]?.[method.toLowerCase() as 'get'];
    expect(operation?.operationId).toBe(name);
    expect(operation?.security).toEqual(anonymous ? [] : undefined);
    const named = (operation?.parameters ?? []).flatMap((it) => ('in' in it && it.in === 'path' ? [it.name] : []));
    expect(named).toEqual([...path.matchAll(/\{(\w+)\}/g)].map(([, parameter]) => parameter));
    expect(operation?.requestBody !== undefined).toBe(method === 'POST' || method === 'PUT');
  });

  it('offers If-Match where one session is ended, and nowhere else', () => {
    const guarded = ROUTES.filter(({ method, path }) =>
      JSON.stringify(document.paths?.[path]?.[method.toLowerCase() as 'get']).includes('"name":"If-Match"'),
    );
    expect(guarded.map(({ name }) => name)).toEqual(['kill-connection', 'kill-query']);
  });

  it('describes in If-Match the tag of what is ended, and no other', () => {
    const session = aSession({ statement: { text: 'x', digest: 'd', id: null, startedAt: 1_764_000_000 } });
    const tags = { 'kill-connection': sessionTag(session), 'kill-query': statementTag(session, theStatement(session)) };
    for (const { name, method, path } of ROUTES.filter(({ name }) => Object.hasOwn(tags, name))) {
      const parameters = document.paths?.[path]?.[method.toLowerCase() as 'get']?.parameters ?? [];
      const header = parameters.find((it) => 'name' in it && it.name === 'If-Match');
      const pattern = new RegExp(JSON.parse(JSON.stringify(header)).schema.pattern);
      for (const [of, tag] of Object.entries(tags))
        expect([name, of, pattern.test(`"${tag}"`)]).toEqual([name, of, name === of]);
    }
  });

  it('names for every operation with an Idempotency-Key what the key may meet', () => {
    const keyed = ROUTES.map(({ method, path }) => document.paths?.[path]?.[method.toLowerCase() as 'get']).filter(
      (it) => JSON.stringify(it).includes('"name":"Idempotency-Key"'),
    );
    expect(keyed.map((it) => it?.operationId)).toEqual(['kill-sessions', 'preview-reap', 'ask-approval']);
    for (const it of keyed)
      expect(Object.keys(it?.responses ?? {})).toEqual(expect.arrayContaining(['409', '422', '503']));
  });

  it('lets nothing be sent or answered that it does not describe', () => {
    const schemas = Object.entries(document.components?.schemas ?? {});
    expect(schemas.length).toBeGreaterThan(8);
    for (const [name, schema] of schemas) {
      if (typeof schema === 'object' && 'properties' in schema)
        expect({ ...schema }, name).toHaveProperty('additionalProperties', false);
    }
  });
});

import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { ROUTES } from '../../../../functions/routes.ts';
import { createOpenApi } from '../../../../lib/http/openapi.ts';
import { openApiText } from '../../../../local/generate-openapi.ts';

const document = createOpenApi(ROUTES, '0.0.0');

describe('the OpenAPI document', () => {
  it('is what docs/openapi.json holds', async () => {
    const file = readFileSync(new URL('../../../../docs/openapi.json', import.meta.url), 'utf8');
    expect(file, 'run node local/generate-openapi.ts').toBe(await openApiText());
  });

  it.each(ROUTES)('describes $method $path', ({ method, path, name, anonymous }) => {
    const operation = document.paths?.[path]?.[method.toLowerCase() as 'get'];
    expect(operation?.operationId).toBe(name);
    expect(operation?.security).toEqual(anonymous ? [] : undefined);
    const named = (operation?.parameters ?? []).flatMap((it) => ('in' in it && it.in === 'path' ? [it.name] : []));
    expect(named).toEqual([...path.matchAll(/\{(\w+)\}/g)].map(([, parameter]) => parameter));
    expect(operation?.requestBody !== undefined).toBe(method === 'POST');
  });

  it('offers If-Match where one session is ended, and nowhere else', () => {
    const guarded = ROUTES.filter(({ method, path }) =>
      JSON.stringify(document.paths?.[path]?.[method.toLowerCase() as 'get']).includes('"name":"If-Match"'),
    );
    expect(guarded.map(({ name }) => name)).toEqual(['kill-connection', 'kill-query']);
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

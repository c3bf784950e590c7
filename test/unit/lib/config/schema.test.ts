import { expect, it } from 'vitest';
import { z } from 'zod';
import { configSchema } from '../../../../lib/config/config-schema.ts';

type Node = Readonly<Record<string, unknown>>;

const isNode = (value: unknown): value is Node => typeof value === 'object' && value !== null;

/** The fields that have no description of their own and are not described where they are defined. */
function undescribed(node: unknown, path: string): readonly string[] {
  if (!isNode(node)) return [];
  const { properties } = node;
  const own = Object.entries(isNode(properties) ? properties : {}).flatMap(([name, field]) =>
    isNode(field) && ('description' in field || '$ref' in field) ? [] : [`${path}.${name}`],
  );
  return [...own, ...Object.entries(node).flatMap(([name, child]) => undescribed(child, `${path}/${name}`))];
}

it('tells an editor what every field of warden.yaml means', () => {
  expect(undescribed(z.toJSONSchema(configSchema, { io: 'input' }), '')).toEqual([]);
});

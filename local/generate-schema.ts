/** Writes docs/warden.schema.json for editors, or with `--check` fails where it is not what the schema says. */
import { readFileSync, writeFileSync } from 'node:fs';
import { z } from 'zod';
import { configSchema } from '../lib/config/config-schema.ts';

const file = new URL('../docs/warden.schema.json', import.meta.url);
const schema = z.toJSONSchema(configSchema, { io: 'input' });
const text = `${JSON.stringify({ title: 'warden.yaml', ...schema }, null, 2)}\n`;
if (process.argv[2] !== '--check') writeFileSync(file, text);
else if (readFileSync(file, 'utf8') !== text) {
  console.error('docs/warden.schema.json is not what lib/config/config-schema.ts says: npm run schema');
  process.exitCode = 1;
}

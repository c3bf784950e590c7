import { readFile, writeFile } from 'node:fs/promises';
import { ROUTES } from '../functions/routes.ts';
import { createOpenApi } from '../lib/http/openapi.ts';

const FILE = new URL('../docs/openapi.json', import.meta.url);

/** The text of docs/openapi.json as it should be now. */
export async function openApiText(): Promise<string> {
  const { version } = JSON.parse(await readFile(new URL('../package.json', import.meta.url), 'utf8'));
  return `${JSON.stringify(createOpenApi(ROUTES, version), null, 2)}\n`;
}

// `node local/generate-openapi.ts` writes the file; with `--check` it only fails when the file is not fresh.
if (import.meta.main) {
  const text = await openApiText();
  if (!process.argv.includes('--check')) {
    await writeFile(FILE, text);
  } else if ((await readFile(FILE, 'utf8').catch(() => '')) !== text) {
    console.error('docs/openapi.json is not fresh: run node local/generate-openapi.ts');
    process.exitCode = 1;
  }
}

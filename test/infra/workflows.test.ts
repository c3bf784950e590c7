import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { run } from '../engines/server-process.ts';
import { pythonTool } from '../support/python-tool.ts';

const WORKFLOWS = fileURLToPath(new URL('../../.github/workflows', import.meta.url));

it('zizmor finds nothing in the workflows that would let a stranger in, with all that its auditors ask for', async (context) => {
  const python = await pythonTool('zizmor', 'zizmor==1.32.0').catch((error: Error) => error);
  if (python instanceof Error) return context.skip(`zizmor does not run here: ${python.message.split('\n').at(-1)}`);
  const args = ['--offline', '--persona', 'auditor', '--no-progress', '--format', 'json', WORKFLOWS];
  // A program, and no script that names the folder where it was made.
  const { stdout } = await run(join(dirname(python), 'zizmor'), args).catch((error: { stdout: string }) => error);
  expect(JSON.parse(stdout)).toEqual([]);
});

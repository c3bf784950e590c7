import { join } from 'node:path';
import type { Plugin } from 'esbuild';
import { buildConsole } from '../../console/build.ts';

let built: ReturnType<typeof buildConsole> | undefined;

/** Puts the console's files into a bundle, in place of what makes them: functions and the command hold the same bytes. */
export const consoleFiles: Plugin = {
  name: 'console-files',
  setup(build) {
    const source = join(import.meta.dirname, '../../console/build.ts');
    build.onLoad({ filter: /[\\/]console[\\/]build\.ts$/ }, async ({ path }) => {
      if (path !== source) return undefined;
      built ??= buildConsole();
      const { files } = await built;
      return {
        contents: `export const buildConsole = async () => ({ files: new Map(${JSON.stringify([...files])}) });`,
      };
    });
  },
};

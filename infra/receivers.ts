import { basename, join } from 'node:path';
import type { Plugin } from 'esbuild';
import { CHAT_ROUTES } from '../functions/routes.ts';

const FUNCTIONS = join(import.meta.dirname, '../functions');

/** What Lambda calls for a channel. By path and not by the table of channels, which would bring the others. */
const sourceOf = (name: string): string =>
  `import { channel } from '../lib/chatops/${name}/channel.ts';
import { createHandler } from './receive.ts';
export const handler = createHandler(channel);`;

/** Makes `functions/<channel>.ts` while it bundles: one for each channel of the table, so that none has to be written. */
export const receivers: Plugin = {
  name: 'receivers',
  setup(build) {
    const names = CHAT_ROUTES.map(({ name }) => name).join('|');
    build.onResolve({ filter: new RegExp(`/functions/(?:${names})\\.ts$`) }, ({ path }) => ({
      path: join(FUNCTIONS, basename(path)),
    }));
    build.onLoad({ filter: new RegExp(`/functions/(?:${names})\\.ts$`) }, ({ path }) => ({
      contents: sourceOf(basename(path, '.ts')),
      loader: 'ts',
      resolveDir: FUNCTIONS,
    }));
  },
};

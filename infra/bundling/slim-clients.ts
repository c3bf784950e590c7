import { join } from 'node:path';
import type { Plugin } from 'esbuild';

/** The packages that have a stand-in, `aws/<name>.ts`. */
export const SLIM_CLIENTS = ['client-dynamodb', 'client-lambda', 'client-secrets-manager', 'client-sqs'];

/**
 * Puts small clients where our own code imports the official ones of AWS, whose loading costs more than the database
 * driver's: the same names, signed requests, and up to three tries. What a package imports stays as it is.
 */
export const slimClients: Plugin = {
  name: 'slim-clients',
  setup(build) {
    const filter = new RegExp(`^@aws-sdk/(?:${SLIM_CLIENTS.join('|')})$`);
    build.onResolve({ filter }, ({ path, importer }) =>
      /[\\/]node_modules[\\/]/.test(importer)
        ? undefined
        : { path: join(import.meta.dirname, `${path.replace('@aws-sdk/', 'aws/')}.ts`) },
    );
  },
};

import type { Plugin } from 'esbuild';

const NAMESPACE = 'without-clients';

/**
 * Leaves the clients of AWS's services out of the command: the handlers that it calls are those of a deployment, and what
 * wires them there is never called here. They are functions and classes that nothing is made of, so that a call
 * would fail by name. What signs requests stays, since it is no such client.
 */
export const withoutClients: Plugin = {
  name: NAMESPACE,
  setup(build) {
    const filter =
      /^@aws-sdk\/(?:client-[\w-]+|util-dynamodb|rds-signer)$|^@aws-lambda-powertools\/idempotency\/dynamodb$/;
    build.onResolve({ filter }, ({ path }) => ({ path, namespace: NAMESPACE }));
    build.onLoad({ filter: /./, namespace: NAMESPACE }, () => ({ contents: 'module.exports = {};' }));
  },
};

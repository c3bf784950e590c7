import { vi } from 'vitest';

/** X-Ray's header, as Lambda gives it to a function for one invocation. */
export const traceHeader = (sampled: 0 | 1): string =>
  `Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=${sampled}`;

/** Lambda's environment for traces, with the daemon at an address. The SDK reads it once, when it is loaded. */
export function lambdaWithXray(address: string): void {
  vi.stubEnv('AWS_EXECUTION_ENV', 'AWS_Lambda_nodejs24.x');
  vi.stubEnv('LAMBDA_TASK_ROOT', '/var/task');
  vi.stubEnv('_HANDLER', 'index.handler');
  vi.stubEnv('AWS_XRAY_DAEMON_ADDRESS', address);
  vi.stubEnv('_X_AMZN_TRACE_ID', traceHeader(1));
}

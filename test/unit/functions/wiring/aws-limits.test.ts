import { expect, it } from 'vitest';
import { RUN_COMMAND_LIMITS } from '../../../../functions/wiring/environment.ts';
import { FUNCTIONS } from '../../../../infra/function-table.ts';

it('the worker waits longer for a command than the command may run, and is itself ended later than that', () => {
  const { requestTimeout, socketTimeout } = RUN_COMMAND_LIMITS.requestHandler;
  const { 'run-command': command, 'chat-worker': worker } = FUNCTIONS;
  for (const limit of [requestTimeout, socketTimeout]) {
    expect(limit).toBeGreaterThan((command.timeout ?? Number.NaN) * 1_000);
    expect(limit).toBeLessThan((worker.timeout ?? Number.NaN) * 1_000);
  }
});

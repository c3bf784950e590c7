import type { CommandServices } from '../lib/chatops/commands/ports.ts';
import { parseRunEvent, runCommand } from '../lib/chatops/commands/run-command.ts';
import { observed } from '../lib/telemetry/observe.ts';
import { commandServices } from './wiring/command-services.ts';

/** Invoked by the worker with a principal and what it asks for: answers for every channel alike. Inside the VPC. */
export const createHandler = (load: () => Promise<CommandServices>) =>
  observed(async (event: unknown) => runCommand(await load(), parseRunEvent(event)));

/** What Lambda calls. */
export const handler = createHandler(commandServices);

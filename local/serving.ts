import { once } from 'node:events';
import type { Server } from 'node:http';
import { sweepAudit } from '../lib/audit/sweep.ts';
import { AppError } from '../lib/errors.ts';
import type { Services } from '../lib/services.ts';
import { Refusal } from './gateway/token.ts';
import { KernelError } from './kernel/run-command.ts';
import type { Endings } from './run-until-signal.ts';

/** Where a gateway listens. */
export interface Address {
  readonly host: string;
  readonly port: number;
}

/** Has a gateway listen. @throws Refusal where it cannot, with what to write instead */
export async function listen(server: Server, { host, port }: Address, otherwise: string): Promise<void> {
  server.listen(port, host);
  try {
    await once(server, 'listening');
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    if (code === 'EADDRINUSE') throw new Refusal(`Port ${port} is in use. Choose another: ${otherwise}`);
    if (code === 'EACCES') throw new Refusal(`Port ${port} is not ours to use. Choose another: ${otherwise}`);
    if (code === 'EADDRNOTAVAIL') throw new Refusal(`This machine has no address ${host}.`);
    throw error;
  }
}

/**
 * Logs in to each target of one's own once: what cannot be reached is named before anybody asks. It is served all the same,
 * since a server that is full or restarts comes back.
 */
export async function knock(services: Services, names: readonly string[]): Promise<readonly string[]> {
  const knocks = names.map((name) =>
    services.open({ name }).then(
      (database) => database.close(),
      (error: unknown) => `${name} cannot be reached. ${describe(error)}`,
    ),
  );
  return (await Promise.all(knocks)).filter((one) => typeof one === 'string');
}

/** Kills of an earlier run that ended before their outcome was known. It may not hold up the start, and may fail. */
export async function sweepLeftovers(services: Services, endings: Endings, olderThan: number): Promise<void> {
  await sweepAudit(services, { olderThan, isOver: () => endings.begun }).catch((error: unknown) => {
    if (!endings.begun) console.error(`Open audit records were not looked at: ${describe(error)}`);
  });
}

/** A failed start, for the person at the terminal. */
export function describe(error: unknown): string {
  if (error instanceof AppError) return [error.message, error.detail, error.hint].filter(Boolean).join('\n');
  if (error instanceof KernelError || error instanceof Refusal) return error.message;
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}

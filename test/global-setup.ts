import { createConnection, type RowDataPacket } from 'mysql2/promise';
import type { TestProject } from 'vitest/node';
import { startModes } from './engines/modes.ts';
import { startEngines } from './engines/servers.ts';

/** Starts the engines before the first suite that needs one, and stops after the last what it started. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const engines = await startEngines();
  for (const { name, url } of engines) if (url !== undefined) console.log(`engine: ${name} ${await versionOf(url)}`);
  project.provide(
    'engines',
    engines.map(({ name, url, reason }) => ({ name, url, reason })),
  );
  const { modes, stop } = await startModes(engines);
  project.provide('modes', modes);
  return async () => {
    await stop();
    await Promise.all(engines.map((engine) => engine.stop()));
  };
}

async function versionOf(url: string): Promise<string> {
  const connection = await createConnection(url);
  const [[row]] = await connection.query<RowDataPacket[]>('SELECT VERSION() AS version');
  await connection.end();
  return String(row?.['version']);
}

import { createConnection, type RowDataPacket } from 'mysql2/promise';
import type { TestProject } from 'vitest/node';
import { ENGINE_NAMES } from './engines/engine-status.ts';
import { LANES, makeLanes } from './engines/lanes.ts';
import { modesOf, startModes } from './engines/modes.ts';
import { type RunningEngine, startEngines } from './engines/servers.ts';

/** Starts the engines before the first suite that needs one, and stops after the last what it started. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const engines = await startEngines();
  for (const { name, url } of engines) if (url !== undefined) console.log(`engine: ${name} ${await versionOf(url)}`);
  project.provide('engines', engines.map(statusOf));
  const { modes, stop } = await startModes();
  project.provide('sharedModes', modes);
  for (const { title, url } of modes) if (url !== undefined) console.log(`engine: ${title} ${await versionOf(url)}`);

  // There is no second one of somebody's own servers.
  const isGiven = ENGINE_NAMES.some((name) => process.env[`${name.toUpperCase()}_URL`]);
  const lanes = await makeLanes(isGiven ? 1 : LANES);
  project.provide('lanes', lanes.places);
  const laneOf = async (some: readonly RunningEngine[]) => ({
    engines: some.map(statusOf),
    modes: await modesOf(some),
  });
  lanes.open(await laneOf(engines));
  const running = [...engines];
  const REQUIRE_ENGINES = engines.flatMap(({ name, url }) => (url === undefined ? [] : name)).join();
  const opening = lanes
    .openOnDemand(async () => {
      const more = await startEngines({ ...process.env, REQUIRE_ENGINES });
      running.push(...more);
      return laneOf(more);
    })
    // A machine that starts no more servers runs the tests in fewer lanes.
    .catch((error: unknown) => console.log(`no further lane: ${error}`));
  return async () => {
    lanes.remove();
    await opening;
    await stop();
    await Promise.all(running.map((engine) => engine.stop()));
  };
}

const statusOf = ({ name, url, reason }: RunningEngine) => ({ name, url, reason });

async function versionOf(url: string): Promise<string> {
  const connection = await createConnection(url);
  const [[row]] = await connection.query<RowDataPacket[]>('SELECT VERSION() AS version');
  await connection.end();
  return String(row?.['version']);
}

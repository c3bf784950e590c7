import { describe, inject } from 'vitest';
import type { EngineStatus } from './engine-status.ts';
import { claimLane, type Lane } from './lanes.ts';

/** The servers that this file has to itself while it runs. */
export const lane: Lane = await claimLane(inject('lanes'));

/**
 * The engines of this run, as global-setup.ts found or started them. Suites that bear an engine's name and are skipped
 * for want of it are reported with the reason.
 *
 * @example
 * describe.each(engines)('list-sessions on $name', ({ name, url = '' }) => { … }); // with describe.skipIf(!url) inside
 */
export const { engines }: { readonly engines: readonly EngineStatus[] } = lane;

/**
 * A suite for each engine, side by side: where tests wait for a server's clock, all servers do at once. The tests of one engine
 * run one after the other.
 */
export function onEachEngine(title: string, suite: (engine: EngineStatus) => void): void {
  describe.concurrent.each(engines)('on $name', (engine) => {
    describe(title, { concurrent: false }, () => suite(engine));
  });
}

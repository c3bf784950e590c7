import { inject } from 'vitest';
import type { EngineStatus } from './engine-status.ts';

/**
 * The engines of this run, as global-setup.ts found or started them. Suites that bear an engine's name and are skipped
 * for want of it are reported with the reason.
 *
 * @example
 * describe.each(engines)('list-sessions on $name', ({ name, url = '' }) => { … }); // with describe.skipIf(!url) inside
 */
export const engines: readonly EngineStatus[] = inject('engines');

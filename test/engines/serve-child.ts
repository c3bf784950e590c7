/** Serves a database whose minute has just come, until it is killed. Arguments: URL, audit file. */
import { Endings } from '../../local/run-until-signal.ts';
import { serve } from '../../local/serve/serve.ts';
import { HandClock } from '../support/hand-clock.ts';
import { serveConfig } from './serve-config.ts';

const [url = '', audit = ''] = process.argv.slice(2);
const clock = new HandClock(Date.UTC(2026, 0, 1, 0, 0, 30));
const { schedule } = await serve(
  {
    ...{ config: serveConfig, audit, clock },
    targets: new Map([['local', url]]),
    token: 'a-token-that-nobody-asks-for',
    address: { host: '127.0.0.1', port: 0 },
  },
  new Endings(),
);
await clock.pass(300_000);
await schedule.idle();

/** Serves a database whose minute has just come, until it is killed. Arguments: URL, audit file, configuration. */
import { parseConfig } from '../../lib/config/config.ts';
import { serve } from '../../local/serve/serve.ts';
import { Endings } from '../../local/serving.ts';
import { HandClock } from '../support/hand-clock.ts';

const [url = '', audit = '', config = ''] = process.argv.slice(2);
const clock = new HandClock(Date.UTC(2026, 0, 1, 0, 0, 30));
const { schedule } = await serve(
  {
    ...{ config: parseConfig(config, 'test'), audit, clock },
    targets: new Map([['local', url]]),
    token: 'a-token-that-nobody-asks-for',
    address: { host: '127.0.0.1', port: 0 },
  },
  new Endings(),
);
await clock.pass(300_000);
await schedule.idle();

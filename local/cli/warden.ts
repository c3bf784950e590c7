#!/usr/bin/env -S node --disable-warning=ExperimentalWarning
import { setTimeout as sleep } from 'node:timers/promises';
import { run } from './run.ts';

const { env, stdout, stderr, stdin } = process;
process.exitCode = await run(process.argv.slice(2), {
  ...{ env, stdout, stderr, stdin },
  sleep: (ms, signal) => sleep(ms, undefined, signal === undefined ? {} : { signal }),
});

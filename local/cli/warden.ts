#!/usr/bin/env -S node --disable-warning=ExperimentalWarning
import { setTimeout as sleep } from 'node:timers/promises';
import { run } from './run.ts';

const { env, stdout, stderr, stdin } = process;
// A reader that has seen enough, such as head, closes its end: what was begun is finished all the same.
for (const output of [stdout, stderr])
  output.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
  });
process.exitCode = await run(process.argv.slice(2), {
  ...{ env, stdout, stderr, stdin },
  sleep: (ms, signal) => sleep(ms, undefined, signal === undefined ? {} : { signal }),
});

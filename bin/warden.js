#!/usr/bin/env -S node --disable-warning=ExperimentalWarning
import { existsSync } from 'node:fs';

// A checkout runs its sources; the package brings the command built, since Node takes no TypeScript from node_modules.
const source = new URL('../local/cli/warden.ts', import.meta.url);
const built = new URL('../dist/cli/index.mjs', import.meta.url);
await import((existsSync(source) ? source : built).href);

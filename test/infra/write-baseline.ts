import { writeFileSync } from 'node:fs';
import { BASELINE, keptResources } from './baseline.ts';

// At a release: from then on, what is kept is compared with this version.
writeFileSync(BASELINE, `${JSON.stringify(keptResources(), null, 1)}\n`);

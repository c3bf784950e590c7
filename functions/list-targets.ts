import { json } from '../lib/http/answer.ts';
import { httpPipeline } from '../lib/http/pipeline.ts';
import { listTargetsRequest } from '../lib/http/requests.ts';
import type { Services } from '../lib/services.ts';
import { listTargets } from '../lib/targets/list-targets.ts';
import { services } from './wiring/deployed-services.ts';

/** GET /targets: the targets that the caller may see. */
export const createHandler = (load: () => Promise<Services>) =>
  httpPipeline(load, listTargetsRequest, async ({ services, principal }) =>
    json(200, await listTargets(services, { principal })),
  );

/** What Lambda calls. */
export const handler = createHandler(services);

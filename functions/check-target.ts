import { json } from '../lib/http/answer.ts';
import { httpPipeline } from '../lib/http/pipeline.ts';
import { checkTargetRequest } from '../lib/http/requests.ts';
import type { Services } from '../lib/services.ts';
import { checkTarget } from '../lib/targets/check-target.ts';
import { services } from './wiring/deployed-services.ts';

/** GET /targets/{target}/health: how a target is and what its account lacks; 200 also where it cannot be reached. */
export const createHandler = (load: () => Promise<Services>) =>
  httpPipeline(load, checkTargetRequest, async ({ services, principal, path }) =>
    json(200, await checkTarget(services, { principal, target: path.target })),
  );

/** What Lambda calls. */
export const handler = createHandler(services);

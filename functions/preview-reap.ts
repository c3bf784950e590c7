import { json } from '../lib/http/answer.ts';
import { once } from '../lib/http/once.ts';
import { httpPipeline } from '../lib/http/pipeline.ts';
import { previewReapRequest } from '../lib/http/requests.ts';
import { reap } from '../lib/reaper/reap.ts';
import type { Services } from '../lib/services.ts';
import { services } from './wiring/deployed-services.ts';

/** POST /targets/{target}/reaps: runs a reaper now; unless `dryRun` is false it ends nothing and explains. */
export const createHandler = (load: () => Promise<Services>) =>
  httpPipeline(load, previewReapRequest, async (call) => {
    const { services, principal, path, body, requestId: correlationId } = call;
    return once('preview-reap', call, async () =>
      json(200, await reap(services, { principal, target: path.target, ...body, correlationId })),
    );
  });

/** What Lambda calls. */
export const handler = createHandler(services);

import { json } from '../lib/http/answer.ts';
import { once } from '../lib/http/once.ts';
import { httpPipeline } from '../lib/http/pipeline.ts';
import { previewReapRequest } from '../lib/http/requests.ts';
import { reap } from '../lib/reaper/reap.ts';
import type { Services } from '../lib/services.ts';
import { services } from './wiring/deployed-services.ts';

/** POST /targets/{target}/reaps: runs a reaper, or the rule of the body; unless `dryRun` is false it ends nothing and explains. */
export const createHandler = (load: () => Promise<Services>) =>
  httpPipeline(load, previewReapRequest, async (call) => {
    const { services, principal, path, body, requestId: correlationId } = call;
    const { reaper, dryRun, ...asked } = body;
    const by = { principal, target: path.target, correlationId };
    return once('preview-reap', call, async () => {
      if (reaper !== undefined) return json(200, await reap(services, { ...by, reaper, dryRun }));
      const { reapAsked } = await import('../lib/reaper/reap-by-rule.ts');
      return json(200, await reapAsked(services, { ...by, ...asked }));
    });
  });

/** What Lambda calls. */
export const handler = createHandler(services);

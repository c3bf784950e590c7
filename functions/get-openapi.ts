import document from '../docs/openapi.json' with { type: 'json' };
import { json } from '../lib/http/answer.ts';
import { publicPipeline } from '../lib/http/pipeline.ts';

/** GET /openapi.json: this API's description, for anybody. Made beforehand, so that nothing is built at a cold start. */
export const createHandler = () => publicPipeline(async () => json(200, document));

/** What Lambda calls. */
export const handler = createHandler();

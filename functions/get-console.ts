import { type ConsoleSettings, consoleAnswer } from '../lib/http/console.ts';
import { publicPipeline } from '../lib/http/pipeline.ts';
import { consoleSettings } from './wiring/console-settings.ts';

const files = async () => (await (await import('../console/build.ts')).buildConsole()).files;

/** GET /console: the page, for anybody, since it holds nothing secret: it asks the API with the token of the person who signed in. */
export function createHandler(load: () => Promise<ConsoleSettings> = consoleSettings) {
  let made: ReturnType<typeof files> | undefined;
  return publicPipeline(async (request) => {
    const settings = await load();
    // One that failed is tried again at the next call.
    made ??= files().catch((error: unknown) => {
      made = undefined;
      throw error;
    });
    return consoleAnswer(await made, settings, request);
  });
}

/** What Lambda calls. */
export const handler = createHandler();

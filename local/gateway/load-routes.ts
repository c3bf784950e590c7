import type { Context } from 'aws-lambda';
import { ROUTES } from '../../functions/routes.ts';
import type { HttpAnswer } from '../../lib/http/answer.ts';
import type { Services } from '../../lib/services.ts';
import type { GatewayRoute } from './gateway.ts';

type Handler = (event: unknown, context: Context) => Promise<HttpAnswer>;

/** Loads the function of every route, each with the services that `load` resolves to. */
export const loadRoutes = (load: () => Promise<Services>): Promise<readonly GatewayRoute[]> =>
  Promise.all(
    ROUTES.map(async ({ method, path, name }) => {
      const module: unknown = await import(new URL(`../../functions/${name}.ts`, import.meta.url).href);
      return { method, path, name, handler: handlerOf(module, name, load) };
    }),
  );

function handlerOf(module: unknown, name: string, load: () => Promise<Services>): Handler {
  const { createHandler, handler } = module as { createHandler?: (load: unknown) => Handler; handler?: Handler };
  // A function that needs no services exports its handler alone.
  const made = createHandler?.(load) ?? handler;
  if (!made) throw new Error(`functions/${name}.ts exports neither createHandler nor handler`);
  return made;
}

import type { Context } from 'aws-lambda';
import { CONSOLE_ROUTES, ROUTES } from '../../functions/routes.ts';
import type { HttpAnswer } from '../../lib/http/answer.ts';
import type { Route } from '../../lib/http/openapi.ts';
import type { OperationName } from '../../lib/http/operations.ts';
import type { Services } from '../../lib/services.ts';
import type { GatewayRoute } from './gateway.ts';

type Handler = (event: unknown, context: Context) => Promise<HttpAnswer>;

/** Each function by a name that a bundler can read: what one command needs is then a file of its own. */
const FUNCTIONS: Readonly<Record<OperationName, () => Promise<unknown>>> = {
  'list-targets': () => import('../../functions/list-targets.ts'),
  'check-target': () => import('../../functions/check-target.ts'),
  'list-sessions': () => import('../../functions/list-sessions.ts'),
  'get-session': () => import('../../functions/get-session.ts'),
  'kill-connection': () => import('../../functions/kill-connection.ts'),
  'kill-query': () => import('../../functions/kill-query.ts'),
  'kill-sessions': () => import('../../functions/kill-sessions.ts'),
  'list-blockers': () => import('../../functions/list-blockers.ts'),
  'preview-reap': () => import('../../functions/preview-reap.ts'),
  'ask-approval': () => import('../../functions/ask-approval.ts'),
  'get-approval': () => import('../../functions/get-approval.ts'),
  'list-audit': () => import('../../functions/list-audit.ts'),
  'show-stop': () => import('../../functions/show-stop.ts'),
  'stop-kills': () => import('../../functions/stop-kills.ts'),
  'resume-kills': () => import('../../functions/resume-kills.ts'),
  'get-openapi': () => import('../../functions/get-openapi.ts'),
};

/** Loads the function of one route, with the services that `load` resolves to. */
export async function loadRoute(
  { method, path, name }: Pick<Route, 'method' | 'path' | 'name'>,
  load: () => Promise<Services>,
): Promise<GatewayRoute> {
  return { method, path, name, handler: handlerOf(await FUNCTIONS[name](), name, load) };
}

/** Loads the function of every route, each with the services that `load` resolves to. */
export const loadRoutes = (load: () => Promise<Services>): Promise<readonly GatewayRoute[]> =>
  Promise.all(ROUTES.map((route) => loadRoute(route, load)));

/** The console, which asks for the gateway's own token; for whoever may come in, as its page holds nothing secret. */
export async function consoleRoutes(): Promise<readonly GatewayRoute[]> {
  const { createHandler } = await import('../../functions/get-console.ts');
  const handler = createHandler(async () => ({ signIn: 'token' }));
  const atRoot = { ...CONSOLE_ROUTES[0], path: '/' };
  return [atRoot, ...CONSOLE_ROUTES].map((route) => ({ ...route, handler, isOpen: true as const }));
}

function handlerOf(module: unknown, name: string, load: () => Promise<Services>): Handler {
  const { createHandler, handler } = module as { createHandler?: (load: unknown) => Handler; handler?: Handler };
  // A function that needs no services exports its handler alone.
  const made = createHandler?.(load) ?? handler;
  if (!made) throw new Error(`functions/${name}.ts exports neither createHandler nor handler`);
  return made;
}

import { CHANNEL_NAMES, CHANNELS } from '../lib/chatops/channels/channel-names.ts';

const session = '/targets/{target}/sessions/{id}';

/** Every route of the HTTP API, and the function, `functions/<name>.ts`, that answers it. */
export const ROUTES = [
  { method: 'GET', path: '/targets', name: 'list-targets', anonymous: false },
  { method: 'GET', path: '/targets/{target}/health', name: 'check-target', anonymous: false },
  { method: 'GET', path: '/targets/{target}/sessions', name: 'list-sessions', anonymous: false },
  { method: 'GET', path: session, name: 'get-session', anonymous: false },
  { method: 'DELETE', path: session, name: 'kill-connection', anonymous: false },
  { method: 'DELETE', path: `${session}/query`, name: 'kill-query', anonymous: false },
  { method: 'POST', path: '/targets/{target}/kills', name: 'kill-sessions', anonymous: false },
  { method: 'GET', path: '/targets/{target}/blockers', name: 'list-blockers', anonymous: false },
  { method: 'POST', path: '/targets/{target}/reaps', name: 'preview-reap', anonymous: false },
  { method: 'POST', path: '/targets/{target}/approvals', name: 'ask-approval', anonymous: false },
  { method: 'GET', path: '/targets/{target}/approvals/{approval}', name: 'get-approval', anonymous: false },
  { method: 'GET', path: '/audit', name: 'list-audit', anonymous: false },
  { method: 'GET', path: '/stop', name: 'show-stop', anonymous: false },
  { method: 'PUT', path: '/stop', name: 'stop-kills', anonymous: false },
  { method: 'DELETE', path: '/stop', name: 'resume-kills', anonymous: false },
  { method: 'GET', path: '/openapi.json', name: 'get-openapi', anonymous: true },
] as const;

/**
 * The console's page, where there is one: the same to everybody, so it has no authorizer. API Gateway takes no path that
 * ends with a slash, and `/console/` is caught by the second.
 */
export const CONSOLE_ROUTES = [
  { method: 'GET', path: '/console', name: 'get-console' },
  { method: 'GET', path: '/console/{file+}', name: 'get-console' },
] as const;

/** The functions that a schedule starts; no route leads to them. */
export const SCHEDULED = ['plan-reaps', 'reap-target', 'sweep-audit'] as const;

/** Channels: each request proves by itself who sends it, so it has no authorizer. */
export const CHAT_ROUTES = CHANNEL_NAMES.map((name) => ({
  method: 'POST' as const,
  path: `/chat/${name}${CHANNELS[name].asks === 'person' ? '' : '/{source}'}`,
  name,
}));

/** Functions that are invoked by others, and have no route. */
export const CHAT_WORKERS = ['chat-worker', 'run-command'] as const;

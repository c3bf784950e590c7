import {
  CHAT_ROUTES,
  type CHAT_WORKERS,
  type CONSOLE_ROUTES,
  type ROUTES,
  type SCHEDULED,
} from '../functions/routes.ts';
import type { CapabilityName } from './permissions/capabilities.ts';

/** A chat platform, and the function that receives from it. */
export type ChannelFunction = (typeof CHAT_ROUTES)[number]['name'];

/** The name of a function, `functions/<name>.ts`. */
export type FunctionName =
  | (typeof ROUTES)[number]['name']
  | (typeof CONSOLE_ROUTES)[number]['name']
  | (typeof SCHEDULED)[number]
  | ChannelFunction
  | (typeof CHAT_WORKERS)[number];

/** What dashboard and alarms show together. */
export type Area = 'looks' | 'kills' | 'fleet' | 'chat';

/** Where a function runs and what it may do. */
export interface FunctionTraits {
  readonly area: Area;
  /** In the VPC, next to the databases, with no way out; only such functions may read a target's secret. */
  readonly inside: boolean;
  readonly may: readonly CapabilityName[];
  /** Seconds until Lambda ends it; `undefined` where the configuration decides. */
  readonly timeout?: number;
  /** Reads warden.yaml. */
  readonly config: boolean;
}

const LOOK = ['read-targets'] as const;
/** What ending takes, no matter who asks. */
const END = ['read-targets', 'write-audit', 'read-stop'] as const;
/** A person asks, and is counted; reapers on the schedule have limits of their own. */
const KILL = [...END, 'count-kills'] as const;
const WARN = ['keep-warnings', 'send-chat-jobs'] as const;

/** Below the 30 seconds that the gateway waits, so that the answer is ours. */
const request = (area: 'looks' | 'kills', may: readonly CapabilityName[], inside = true): FunctionTraits => ({
  area,
  inside,
  may,
  timeout: 29,
  config: true,
});

const receiver: FunctionTraits = {
  area: 'chat',
  inside: false,
  may: ['read-chat-secret', 'remember-replays'],
  timeout: 10,
  config: false,
};

/** A function for each channel. */
function receivers(): Record<ChannelFunction, FunctionTraits> {
  // `fromEntries` forgets the names.
  return Object.fromEntries(CHAT_ROUTES.map(({ name }) => [name, receiver])) as Record<ChannelFunction, FunctionTraits>;
}

/** Every function. Roles, environment variables and places follow from this table alone. */
export const FUNCTIONS: Readonly<Record<FunctionName, FunctionTraits>> = {
  'list-targets': request('looks', ['list-targets', ...LOOK]),
  'check-target': request('looks', LOOK),
  'list-sessions': request('looks', [...LOOK, 'record-reads']),
  'get-session': request('looks', [...LOOK, 'record-reads']),
  'list-blockers': request('looks', LOOK),
  'kill-connection': request('kills', KILL),
  'kill-query': request('kills', KILL),
  'kill-sessions': request('kills', [...KILL, 'remember-requests']),
  'preview-reap': request('kills', [...KILL, ...WARN, 'remember-requests']),
  'ask-approval': request('kills', [
    ...LOOK,
    'write-audit',
    'count-kills',
    'remember-requests',
    'ask-people',
    'send-chat-jobs',
  ]),
  'get-approval': request('kills', ['read-requests'], false),
  'list-audit': request('looks', ['read-audit'], false),
  'show-stop': request('looks', ['list-targets', 'read-stop'], false),
  'stop-kills': request('kills', ['list-targets', 'throw-stop', 'write-audit'], false),
  'resume-kills': request('kills', ['list-targets', 'end-stop', 'write-audit'], false),
  'get-openapi': { ...request('looks', [], false), config: false },
  'get-console': { ...request('looks', ['tell-sign-in'], false), config: false },
  'plan-reaps': {
    area: 'fleet',
    inside: false,
    may: ['list-targets', 'read-stop', 'send-reaps'],
    timeout: 60,
    config: true,
  },
  'reap-target': {
    area: 'fleet',
    inside: true,
    may: [...END, ...WARN, 'take-reaps'],
    config: true,
  },
  'sweep-audit': { area: 'fleet', inside: true, may: [...LOOK, 'sweep-audit'], timeout: 300, config: true },
  ...receivers(),
  'chat-worker': {
    area: 'chat',
    inside: false,
    may: ['read-chat-secret', 'take-chat-jobs', 'send-chat-jobs', 'post-once'],
    timeout: 90,
    config: true,
  },
  'run-command': {
    area: 'chat',
    inside: true,
    may: ['list-targets', ...KILL, ...WARN, 'throw-stop', 'end-stop', 'read-audit', 'decide-requests'],
    timeout: 60,
    config: true,
  },
};

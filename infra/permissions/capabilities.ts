import { readChatSecret, sendChatJobs, takeChatJobs } from './chat-capabilities.ts';
import { listTargets, readTargets, sendReaps, takeReaps } from './fleet-capabilities.ts';
import type { Capability } from './grant.ts';
import {
  countKills,
  decideRequests,
  keepWarnings,
  postOnce,
  readAudit,
  readStop,
  recordReads,
  rememberReplays,
  rememberRequests,
  sweepAudit,
  throwStop,
  writeAudit,
} from './table-capabilities.ts';

/** What a function may do, in words. Who invokes whom is granted by resource, see `chat.ts` and `schedule.ts`. */
export const CAPABILITIES = {
  'list-targets': listTargets,
  'read-targets': readTargets,
  'write-audit': writeAudit,
  'read-audit': readAudit,
  'record-reads': recordReads,
  'sweep-audit': sweepAudit,
  'remember-requests': rememberRequests,
  'count-kills': countKills,
  'read-stop': readStop,
  'throw-stop': throwStop,
  'send-reaps': sendReaps,
  'take-reaps': takeReaps,
  'read-chat-secret': readChatSecret,
  'remember-replays': rememberReplays,
  'decide-requests': decideRequests,
  'post-once': postOnce,
  'keep-warnings': keepWarnings,
  'send-chat-jobs': sendChatJobs,
  'take-chat-jobs': takeChatJobs,
} as const satisfies Readonly<Record<string, Capability>>;

/** The name of a capability. */
export type CapabilityName = keyof typeof CAPABILITIES;

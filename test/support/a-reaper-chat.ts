import type { ReaperChat } from '../../lib/reaper/reaper-chat.ts';
import { memoryRequestStore } from '../../lib/state/request-store.ts';
import { memoryWarningStore } from '../../lib/state/warning-store.ts';

/** How reapers and the API talk to people, where nobody listens. */
export async function aReaperChat(): Promise<ReaperChat> {
  const post = async () => {};
  return {
    warnings: memoryWarningStore(),
    messages: { warn: post, report: post, send: post },
    questions: { requests: memoryRequestStore(), post },
  };
}

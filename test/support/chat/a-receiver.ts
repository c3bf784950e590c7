import { beforeEach } from 'vitest';
import * as receive from '../../../functions/wiring/receiver-services.ts';
import type { ChannelName } from '../../../lib/chatops/channels/channel-names.ts';
import { parseRunEvent, runCommand } from '../../../lib/chatops/commands/run-command.ts';
import type { ChatJob } from '../../../lib/chatops/worker/hand-over.ts';
import type { Post } from '../../../lib/chatops/worker/poster.ts';
import { type WorkerServices, workOnJob } from '../../../lib/chatops/worker/work.ts';
import { memoryReplayStore } from '../../../lib/state/replay-store.ts';
import { memoryWarningStore } from '../../../lib/state/warning-store.ts';
import { services } from './a-runner.ts';
import { anAlert } from './alert-messages.ts';
import { CODE } from './channel-code.ts';
import { aCommand, aDingTalkMessage, aFeishuMessage } from './messages.ts';
import { CHAT_SECRETS } from './secrets.ts';
import * as sign from './sign.ts';

export const NOW = new Date('2026-11-24T03:00:00Z');
export const at = (seconds: number) => new Date(NOW.getTime() + seconds * 1000);
export const handedOver: ChatJob[] = [];
/** What was posted to the platforms. */
export const posted: Post[] = [];
/** What was handed over is worked on at once, by the real worker and the real function inside: there any SQL counts. */
const worker: WorkerServices = {
  config: services.config,
  secrets: CHAT_SECRETS,
  poster: {
    post: async (post) => {
      posted.push(post);
      return '{"tenant_access_token":"t"}';
    },
  },
  runCommand: (event) => runCommand(services, parseRunEvent(JSON.parse(JSON.stringify(event)))),
  later: async (job) => {
    handedOver.push(job);
  },
  state: async () => ({ replays: memoryReplayStore(), warnings: memoryWarningStore() }),
};
let replays = memoryReplayStore(() => NOW.getTime());
beforeEach(() => {
  handedOver.length = 0;
  posted.length = 0;
  replays = memoryReplayStore(() => NOW.getTime());
});
export const receiver =
  (secrets = CHAT_SECRETS) =>
  async () => ({
    secrets,
    replays,
    handOver: async (job: ChatJob) => {
      handedOver.push(job);
      await workOnJob(worker, job);
    },
    now: () => NOW,
  });

export type Request = sign.PlatformRequest;
type Load = Parameters<typeof receive.createHandler>[1];
export const FUNCTIONS = Object.fromEntries(
  Object.entries(CODE).map(([name, channel]) => [
    name,
    { createHandler: (load: Load) => receive.createHandler(channel, load) },
  ]),
) as Readonly<Record<ChannelName, { createHandler(load: Load): ReturnType<typeof receive.createHandler> }>>;
export const event = ({ headers, body }: Request, source?: string, isBase64Encoded = true) => ({
  rawPath: '/chat',
  headers,
  body: isBase64Encoded ? Buffer.from(body).toString('base64') : body,
  isBase64Encoded,
  ...(source !== undefined && { pathParameters: { source } }),
});
export const send = (name: keyof typeof FUNCTIONS, request: Request, source?: string, secrets = CHAT_SECRETS) =>
  FUNCTIONS[name].createHandler(receiver(secrets))(event(request, source));
export const withHeader = (request: Request, name: string, value: string): Request => ({
  ...request,
  headers: { ...request.headers, [name]: value },
});
export const without = ({ headers, body }: Request, name: string): Request => ({
  headers: Object.fromEntries(Object.entries(headers).filter(([key]) => key !== name)),
  body,
});

export const good = {
  slack: () => sign.signedBySlack(aCommand('sessions local'), NOW),
  feishu: () => sign.signedByFeishu(aFeishuMessage('sessions local'), NOW),
  dingtalk: () => sign.signedByDingTalk(aDingTalkMessage('sessions local'), NOW),
  webhook: () => sign.signedByWebhook({ command: 'sessions local', post: 'slack:ops' }, NOW),
  alert: () => sign.signedByAlerter(anAlert(), 'prod'),
};
export const SOURCES: Readonly<Record<keyof typeof good, string | undefined>> = {
  slack: undefined,
  feishu: undefined,
  dingtalk: undefined,
  webhook: 'deployer',
  alert: 'prod',
};
export const NAMES = Object.keys(good) as (keyof typeof good)[];

import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import type { CommandServices } from '../../../lib/chatops/commands/ports.ts';
import type { Services } from '../../../lib/services.ts';
import { createLocalChat, type LocalChatState } from '../../../local/chat/local-chat.ts';
import { routedFetch } from '../../../local/chat/stand-in.ts';
import { createGateway } from '../../../local/gateway/gateway.ts';
import { FakeDingTalk } from './fake-dingtalk.ts';
import { FakeFeishu } from './fake-feishu.ts';
import { startFakeServer, type Taken } from './fake-server.ts';
import { FakeSlack } from './fake-slack.ts';
import { CHAT_SECRETS } from './secrets.ts';

/** The gateway with the chat functions, and the platforms that talk to it. */
export async function startChat(services: Services & Partial<CommandServices>, chatState?: LocalChatState) {
  const state = { gateway: '' };
  const slack = new FakeSlack(() => state.gateway);
  const feishu = new FakeFeishu(() => state.gateway);
  const dingtalk = new FakeDingTalk(() => state.gateway);
  const platforms = await startFakeServer((taken: Taken) => {
    if (/^\/(hooks\.)?slack\.com\//.test(taken.path)) return slack.take(taken);
    if (taken.path.startsWith('/open.feishu.cn/')) return feishu.take(taken);
    if (taken.path.startsWith('/oapi.dingtalk.com/')) return dingtalk.take(taken);
    return [404, 'nobody'];
  });
  const { routes, reaperChat } = createLocalChat({
    load: async () => services,
    secrets: () => CHAT_SECRETS,
    fetch: routedFetch(platforms.base),
    ...(chatState !== undefined && { state: chatState }),
  });
  const server = createGateway(routes).listen(0, '127.0.0.1');
  await once(server, 'listening');
  state.gateway = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const stop = () => {
    server.closeAllConnections();
    server.close();
    platforms.stop();
  };
  return { slack, feishu, dingtalk, gateway: state.gateway, reaperChat, stop };
}

import { once } from 'node:events';
import { createServer } from 'node:http';
import { text } from 'node:stream/consumers';
import { standInAddress } from './dev-secrets.ts';
import type { ShownButton } from './requests.ts';

/** A message as a person would see it. */
export interface ShownMessage {
  readonly lines: readonly string[];
  /** Posted at a place, and not an answer. */
  readonly isAtPlace: boolean;
  readonly buttons: readonly ShownButton[];
}

type Fields = Readonly<Record<string, unknown>>;
const fields = (value: unknown): Fields => (typeof value === 'object' && value !== null ? (value as Fields) : {});
const list = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);
const words = (value: unknown): string[] => {
  const { text: slack, content } = fields(value);
  return [slack, content].filter((one): one is string => typeof one === 'string');
};
const plain = (value: string): string => value.replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&amp;', '&');

/** What Slack or Feishu would show of a message. */
export function shown(body: unknown, url = ''): ShownMessage {
  const { blocks, content, card, receive_id } = fields(body);
  const isAtPlace = url.includes('/hooks.slack.com/services/') || receive_id === 'oc_ops';
  const found = typeof content === 'string' ? JSON.parse(content) : card;
  const parts =
    blocks === undefined
      ? [{ text: fields(fields(found)['header'])['title'] }, ...list(fields(fields(found)['body'])['elements'])]
      : list(blocks);
  const lines: string[] = [];
  const buttons: ShownButton[] = [];
  for (const part of parts.map(fields)) {
    const own = part['tag'] === 'button' || part['type'] === 'button';
    if (!own) lines.push(...words(part['text']).map(plain));
    for (const button of [...(own ? [part] : []), part['accessory'], ...list(part['elements'])].map(fields)) {
      const [label] = words(button['text']);
      if (label === undefined) continue;
      const value = button['value'] ?? fields(list(button['behaviors'])[0])['value'];
      buttons.push({ label, action: String(button['action_id'] ?? ''), value });
      lines.push(`  [${buttons.length}] ${label}`);
    }
  }
  return { lines, buttons, isAtPlace };
}

/** Plays the platforms for messages of ours. `next` resolves to the next answer, or the next message at a place. */
export async function startStandIn() {
  const messages: ShownMessage[] = [];
  const waiting: { readonly atPlace: boolean; readonly take: (message: ShownMessage) => void }[] = [];
  const hand = (): void => {
    for (const { atPlace, take } of [...waiting]) {
      const at = messages.findIndex(({ isAtPlace }) => isAtPlace === atPlace);
      const [message] = at < 0 ? [] : messages.splice(at, 1);
      if (message === undefined) continue;
      waiting.splice(
        waiting.findIndex((one) => one.take === take),
        1,
      );
      take(message);
    }
  };
  const server = createServer(async (request, response) => {
    const body: unknown = JSON.parse((await text(request)) || 'null');
    response.writeHead(200, { 'content-type': 'application/json' });
    response.end(JSON.stringify({ ok: true, code: 0, errcode: 0, tenant_access_token: 'local' }));
    if (request.url?.includes('tenant_access_token')) return;
    messages.push(shown(body, request.url));
    hand();
  });
  server.listen(Number(new URL(standInAddress(process.env)).port), '127.0.0.1');
  await once(server, 'listening');
  return {
    next: (atPlace: boolean) =>
      new Promise<ShownMessage>((take) => {
        waiting.push({ atPlace, take });
        hand();
      }),
    stop: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}

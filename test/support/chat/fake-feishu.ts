import { type Answer, sendAsPlatform, type Taken, until } from './fake-server.ts';
import { aFeishuMessage, aFeishuPress } from './messages.ts';
import { CHAT_SECRETS } from './secrets.ts';
import { signedByFeishu } from './sign.ts';

interface Element {
  readonly tag: string;
  readonly text: { readonly tag: string; readonly content: string };
  readonly behaviors?: readonly [{ readonly type: string; readonly value: unknown }];
}
/** A card on somebody's screen. */
export interface FeishuCard {
  readonly id: number;
  readonly schema: string;
  readonly header: { readonly title: { readonly content: string } };
  readonly body: { readonly elements: readonly Element[] };
}

const MAX_CARD_BYTES = 30 * 1024;
const TOKEN = 't-1';

/** Feishu as it is documented: encrypts and signs, gives tokens for the app's secret, and updates a card twice at most. */
export class FakeFeishu {
  readonly cards = new Map<number, FeishuCard>();
  readonly #gateway: () => string;
  readonly #updates = new Map<string, { card: number; count: number }>();
  #next = 1;

  constructor(gateway: () => string) {
    this.#gateway = gateway;
  }

  /** Our request to an API of Feishu's. */
  take({ path, headers, body }: Taken): Answer {
    const fields = body as Record<string, unknown>;
    if (path === '/open.feishu.cn/open-apis/auth/v3/tenant_access_token/internal') {
      const isRight =
        fields['app_id'] === CHAT_SECRETS.feishu?.app && fields['app_secret'] === CHAT_SECRETS.feishu?.appSecret;
      return [200, isRight ? { code: 0, tenant_access_token: TOKEN, expire: 7200 } : { code: 10014 }];
    }
    if (headers['authorization'] !== `Bearer ${TOKEN}`) return [400, { code: 99991663 }];
    if (path === '/open.feishu.cn/open-apis/im/v1/messages?receive_id_type=chat_id') {
      if (fields['msg_type'] !== 'interactive' || typeof fields['content'] !== 'string') return [400, { code: 230001 }];
      return this.#show(this.#next++, JSON.parse(fields['content']));
    }
    if (path !== '/open.feishu.cn/open-apis/interactive/v1/card/update') return [404, { code: 1 }];
    const update = this.#updates.get(String(fields['token']));
    if (update === undefined || update.count >= 2) return [200, { code: 300000 }];
    update.count += 1;
    return this.#show(update.card, fields['card']);
  }

  #show(id: number, card: unknown): Answer {
    if (Buffer.byteLength(JSON.stringify(card)) > MAX_CARD_BYTES) return [400, { code: 230025 }];
    this.cards.set(id, { ...(card as FeishuCard), id });
    return [200, { code: 0 }];
  }

  async #send(value: unknown): Promise<FeishuCard> {
    const before = new Map(this.cards);
    const answer = await sendAsPlatform(`${this.#gateway()}/chat/feishu`, signedByFeishu(value, new Date()));
    if (answer.status !== 200 || answer.body !== '{}')
      throw new Error(`Feishu was answered ${answer.status} ${answer.body}`);
    return until(() => [...this.cards.values()].find((card) => before.get(card.id) !== card), 'a card for Feishu');
  }

  /** Somebody writes to the bot; resolves to the card that appears. */
  write(line: string, user = 'ou_ada'): Promise<FeishuCard> {
    return this.#send(aFeishuMessage(`@_user_1 ${line}`, `event-${this.#next++}`, user));
  }

  /** Somebody presses a button; resolves to the card that changed or appeared. */
  press(card: FeishuCard, label: string, user = 'ou_ada'): Promise<FeishuCard> {
    const button = feishuButtons(card).find(({ text }) => text.content.includes(label));
    const token = `c-${this.#next++}`;
    this.#updates.set(token, { card: card.id, count: 0 });
    return this.#send(aFeishuPress(button?.behaviors?.[0].value, `event-${this.#next++}`, user, token));
  }
}

/** The buttons of a card. */
export const feishuButtons = ({ body }: FeishuCard): readonly Element[] =>
  body.elements.filter(({ tag }) => tag === 'button');

import { type Answer, sendAsPlatform, type Taken, until } from './fake-server.ts';
import { type FeishuButton, type FeishuPayload, feishuFaults } from './feishu-limits.ts';
import { aFeishuMessage, aFeishuPress } from './messages.ts';
import { CHAT_SECRETS } from './secrets.ts';
import { signedByFeishu } from './sign.ts';

/** A card on somebody's screen. */
export interface FeishuCard extends FeishuPayload {
  readonly id: number;
}

/** A press's token updates its card twice, for 30 minutes, once the press was answered (open.feishu.cn, "Delayed update of message cards"). */
const UPDATES = 2;
const LIFE_MS = 1_800_000;
const TOKEN_MS = 7_200_000;
const BASE = '/open.feishu.cn/open-apis';

interface Update {
  readonly card: number;
  readonly madeAt: number;
  count: number;
  isAnswered: boolean;
}

/** Feishu as it is documented: encrypts and signs, gives tokens for the app's secret, and holds its limits of cards and updates. */
export class FakeFeishu {
  readonly cards = new Map<number, FeishuCard>();
  /** What it had to refuse. */
  readonly faults: string[] = [];
  /** How late it is: added to the clock. */
  late = 0;
  readonly #gateway: () => string;
  readonly #updates = new Map<string, Update>();
  readonly #tokens = new Map<string, number>();
  #next = 1;

  constructor(gateway: () => string) {
    this.#gateway = gateway;
  }

  #now(): number {
    return Date.now() + this.late;
  }

  /** Our request to an API of Feishu's. */
  take({ path, headers, body }: Taken): Answer {
    const fields = body as Record<string, unknown>;
    if (path === `${BASE}/auth/v3/tenant_access_token/internal`) return this.#login(fields);
    const bearer = /^Bearer (.+)$/.exec(String(headers['authorization']))?.[1] ?? '';
    if ((this.#tokens.get(bearer) ?? 0) < this.#now()) return [400, { code: 99991663 }];
    if (path === `${BASE}/im/v1/messages?receive_id_type=chat_id`) {
      if (fields['msg_type'] !== 'interactive' || typeof fields['content'] !== 'string') return [400, { code: 230001 }];
      if (!/^oc_\w+$/.test(String(fields['receive_id']))) return [400, { code: 230001 }];
      return this.#show(this.#next++, JSON.parse(fields['content']));
    }
    if (path !== `${BASE}/interactive/v1/card/update`) return [404, { code: 1 }];
    const update = this.#updates.get(String(fields['token']));
    if (update === undefined || update.count >= UPDATES || this.#now() - update.madeAt > LIFE_MS)
      return [200, { code: 300000 }];
    if (!update.isAnswered) {
      this.faults.push('an update before the press was answered');
      return [200, { code: 300090 }];
    }
    update.count += 1;
    return this.#show(update.card, fields['card']);
  }

  #login(fields: Readonly<Record<string, unknown>>): Answer {
    const { app, appSecret } = CHAT_SECRETS.feishu ?? {};
    if (fields['app_id'] !== app || fields['app_secret'] !== appSecret) return [200, { code: 10014 }];
    const token = `t-${this.#next++}`;
    this.#tokens.set(token, this.#now() + TOKEN_MS);
    return [200, { code: 0, msg: 'ok', tenant_access_token: token, expire: TOKEN_MS / 1000 }];
  }

  #show(id: number, card: unknown): Answer {
    const faults = feishuFaults(card);
    this.faults.push(...faults);
    if (faults.length > 0) return [400, { code: 230099 }];
    this.cards.set(id, { ...(card as FeishuPayload), id });
    return [200, { code: 0, msg: 'success' }];
  }

  async #send(value: unknown, token?: string): Promise<FeishuCard> {
    const before = new Map(this.cards);
    const answer = await sendAsPlatform(`${this.#gateway()}/chat/feishu`, signedByFeishu(value, new Date()));
    if (answer.status !== 200 || answer.body !== '{}')
      throw new Error(`Feishu was answered ${answer.status} ${answer.body}`);
    const update = this.#updates.get(token ?? '');
    if (update !== undefined) update.isAnswered = true;
    return until(() => [...this.cards.values()].find((card) => before.get(card.id) !== card), 'a card for Feishu');
  }

  /** Somebody writes to the bot; resolves to the card that appears. */
  write(line: string, user = 'ou_ada'): Promise<FeishuCard> {
    return this.#send(aFeishuMessage(`@_user_1 ${line}`, `event-${this.#next++}`, user));
  }

  /** Somebody presses a button; resolves to the card that changed or appeared. */
  press(card: FeishuCard, label: string, user = 'ou_ada'): Promise<FeishuCard> {
    const button = feishuButtons(card).find(({ text }) => text.content.includes(label));
    if (button === undefined) throw new Error(`no button ${label}`);
    const token = `c-${this.#next++}`;
    this.#updates.set(token, { card: card.id, madeAt: this.#now(), count: 0, isAnswered: false });
    return this.#send(aFeishuPress(button.behaviors[0].value, `event-${this.#next++}`, user, token), token);
  }
}

/** The buttons of a card. */
export const feishuButtons = ({ body }: FeishuPayload): readonly FeishuButton[] =>
  body.elements.filter((element): element is FeishuButton => element.tag === 'button');

/** All text of a card. */
export const feishuText = ({ header, body }: FeishuPayload): string =>
  [header.title.content, ...body.elements.map((one) => (one.tag === 'markdown' ? one.content : one.text.content))].join(
    '\n',
  );

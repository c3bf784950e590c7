import { type Answer, sendAsPlatform, type Taken, until } from './fake-server.ts';
import { aCommand, aPress } from './messages.ts';
import { signedBySlack } from './sign.ts';

interface Text {
  readonly type: string;
  readonly text: string;
}
/** A button as Slack shows it. */
export interface SlackButton {
  readonly action_id: string;
  readonly value: string;
  readonly text: Text;
}
interface Block {
  readonly type: string;
  readonly text?: Text;
  readonly accessory?: SlackButton;
  readonly elements?: readonly SlackButton[];
}
interface Payload {
  readonly response_type: string;
  readonly replace_original: boolean;
  readonly text: string;
  readonly blocks: readonly Block[];
}
/** A message on somebody's screen. */
export interface SlackMessage extends Payload {
  readonly id: number;
}

/** What Slack would refuse of a message, by the limits that its documentation states. */
export function slackFaults({ blocks }: Payload): readonly string[] {
  const faults: string[] = [];
  const check = (isFine: boolean, fault: string) => isFine || faults.push(fault);
  check(blocks.length <= 50, 'blocks');
  for (const { type, text, accessory, elements = [] } of blocks) {
    if (text !== undefined)
      check(
        text.type === 'plain_text' && text.text.length >= 1 && text.text.length <= (type === 'header' ? 150 : 3000),
        `${type} text`,
      );
    check(elements.length <= 25, 'elements');
    check(new Set(elements.map(({ action_id }) => action_id)).size === elements.length, 'action_id twice');
    for (const button of [...elements, ...(accessory === undefined ? [] : [accessory])])
      check(button.text.text.length <= 75 && button.value.length <= 2000 && button.action_id.length <= 255, 'button');
  }
  check(blocks.reduce((sum, { text }) => sum + (text?.text.length ?? 0), 0) <= 13_000, 'characters');
  return faults;
}

/** Slack as it is documented: signs what it sends, waits three seconds, takes five answers an address, and holds its limits. */
export class FakeSlack {
  readonly messages = new Map<number, SlackMessage>();
  readonly faults: string[] = [];
  readonly #gateway: () => string;
  readonly #uses = new Map<string, { count: number; replaces: number | null; shown: number[] }>();
  #next = 1;

  constructor(gateway: () => string) {
    this.#gateway = gateway;
  }

  /** Our message to an address of Slack's. */
  take({ path, body }: Taken): Answer {
    if (path === '/hooks.slack.com/services/T0001/B1/x1' && !this.#uses.has(path))
      this.#uses.set(path, { count: -100, replaces: null, shown: [] });
    const address = this.#uses.get(path);
    if (address === undefined) return [404, 'no_service'];
    address.count += 1;
    if (address.count > 5) return [404, 'used_url'];
    const payload = body as Payload;
    const faults = slackFaults(payload);
    this.faults.push(...faults);
    if (faults.length > 0) return [400, 'invalid_blocks'];
    const id = payload.replace_original && address.replaces !== null ? address.replaces : this.#next++;
    this.messages.set(id, { ...payload, id });
    address.shown.push(id);
    return [200, { ok: true }];
  }

  #address(kind: string, replaces: number | null): string {
    const path = `/hooks.slack.com/${kind}/T0001/${this.#next++}/a`;
    this.#uses.set(path, { count: 0, replaces, shown: [] });
    return path;
  }

  async #send(path: string, body: string): Promise<SlackMessage> {
    const acknowledged = await sendAsPlatform(`${this.#gateway()}/chat/slack`, signedBySlack(body, new Date()));
    if (acknowledged.status !== 200) throw new Error(`Slack was answered ${acknowledged.status} ${acknowledged.body}`);
    const id = await until(() => this.#uses.get(path)?.shown[0], 'an answer for Slack');
    return until(() => this.messages.get(id), 'the message');
  }

  /** Somebody types `/warden …`; resolves to the message that appears. */
  type(line: string, user = 'U0ADA'): Promise<SlackMessage> {
    const path = this.#address('commands', null);
    return this.#send(path, aCommand(line, { user_id: user, response_url: `https:/${path}` }));
  }

  /** Somebody presses a button of a message; resolves to what appears, or took the message's place. */
  press(message: SlackMessage, { action_id, value }: SlackButton, user = 'U0ADA'): Promise<SlackMessage> {
    const path = this.#address('actions', message.id);
    const who = { id: user, username: 'root', name: 'root', team_id: 'T0001' };
    return this.#send(path, aPress(action_id, value, { user: who, response_url: `https:/${path}` }));
  }
}

/** The buttons of a message. */
export const buttonsOf = ({ blocks }: SlackMessage): readonly SlackButton[] =>
  blocks.flatMap(({ accessory, elements = [] }) => (accessory === undefined ? elements : [accessory]));

/** The one button whose label holds the words, in a block whose text holds `beside`. */
export function buttonOf(message: SlackMessage, label: string, beside = ''): SlackButton {
  const found = message.blocks
    .filter(({ text }) => beside === '' || text?.text.includes(beside))
    .flatMap(({ accessory, elements = [] }) => (accessory === undefined ? elements : [accessory]))
    .find(({ text }) => text.text.includes(label));
  if (found === undefined) throw new Error(`no button ${label}`);
  return found;
}

/** All text of a message. */
export const textOf = ({ blocks }: SlackMessage): string => blocks.map(({ text }) => text?.text ?? '').join('\n');

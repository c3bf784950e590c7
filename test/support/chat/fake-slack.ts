import { type Answer, sendAsPlatform, type Taken, until } from './fake-server.ts';
import { aCommand, aPress, aSubmission } from './messages.ts';
import { CHAT_SECRETS } from './secrets.ts';
import { signedBySlack } from './sign.ts';
import { type SlackButton, type SlackPayload, type SlackView, slackFaults, viewFaults } from './slack-limits.ts';

/** A message on somebody's screen. */
export interface SlackMessage extends SlackPayload {
  readonly id: number;
}

/** What an address takes: five answers within 30 minutes (docs.slack.dev, "Handling user interaction"). */
const USES = 5;
const LIFE_MS = 1_800_000;
/** A trigger opens a modal within three seconds, once. */
const TRIGGER_MS = 3_000;

interface Address {
  count: number;
  readonly madeAt: number;
  readonly replaces: number | null;
  readonly shown: number[];
}

/** Slack as it is documented: signs what it sends, waits three seconds, and holds its limits of addresses, triggers and texts. */
export class FakeSlack {
  readonly messages = new Map<number, SlackMessage>();
  /** What it had to refuse. */
  readonly faults: string[] = [];
  /** Modals that were opened, and the trigger of each. */
  readonly views: { readonly trigger: string; readonly view: SlackView }[] = [];
  /** How late it is: added to the clock. */
  late = 0;
  readonly #gateway: () => string;
  readonly #addresses = new Map<string, Address>();
  readonly #triggers = new Map<string, number>();
  #next = 1;

  constructor(gateway: () => string) {
    this.#gateway = gateway;
  }

  #now(): number {
    return Date.now() + this.late;
  }

  /** Our request to one of its hosts. */
  take(taken: Taken): Answer {
    return taken.path.startsWith('/slack.com/api/views.open') ? this.#open(taken) : this.#post(taken);
  }

  #post({ path, body, headers }: Taken): Answer {
    if (!String(headers['content-type']).startsWith('application/json')) return [400, 'invalid_payload'];
    const isWebhook = path === '/hooks.slack.com/services/T0001/B1/x1';
    const address = isWebhook
      ? { count: 0, madeAt: this.#now(), replaces: null, shown: [] }
      : this.#addresses.get(path);
    if (address === undefined) return [404, 'no_service'];
    address.count += 1;
    if (address.count > USES) return [404, 'used_url'];
    if (this.#now() - address.madeAt > LIFE_MS) return [404, 'expired_url'];
    const faults = slackFaults(body);
    this.faults.push(...faults);
    if (faults.length > 0) return [400, 'invalid_blocks'];
    const payload = body as SlackPayload;
    const id = payload.replace_original && address.replaces !== null ? address.replaces : this.#next++;
    this.messages.set(id, { ...payload, id });
    address.shown.push(id);
    return isWebhook ? [200, 'ok'] : [200, { ok: true }];
  }

  #open({ headers, body }: Taken): Answer {
    if (headers['authorization'] !== `Bearer ${CHAT_SECRETS.slack?.botToken}`)
      return [200, { ok: false, error: 'invalid_auth' }];
    const { trigger_id: trigger, view } = body as { trigger_id: string; view: SlackView };
    const madeAt = this.#triggers.get(trigger);
    if (madeAt === undefined) return [200, { ok: false, error: 'invalid_trigger' }];
    this.#triggers.delete(trigger);
    if (this.#now() - madeAt > TRIGGER_MS) return [200, { ok: false, error: 'expired_trigger_id' }];
    const faults = viewFaults(view);
    this.faults.push(...faults);
    if (faults.length > 0) return [200, { ok: false, error: 'invalid_arguments' }];
    this.views.push({ trigger, view });
    return [200, { ok: true }];
  }

  /** A new address for answers, and a new trigger. */
  address(kind: string, replaces: number | null) {
    const path = `/hooks.slack.com/${kind}/T0001/${this.#next++}/a`;
    const trigger = `${this.#next++}.1.a`;
    this.#addresses.set(path, { count: 0, madeAt: this.#now(), replaces, shown: [] });
    this.#triggers.set(trigger, this.#now());
    return { path, fields: { response_url: `https:/${path}`, trigger_id: trigger } };
  }

  /** Sends what somebody did, and waits for the acknowledgement. */
  async send(body: string): Promise<void> {
    const acknowledged = await sendAsPlatform(`${this.#gateway()}/chat/slack`, signedBySlack(body, new Date()));
    if (acknowledged.status !== 200 || acknowledged.body !== '')
      throw new Error(`Slack was answered ${acknowledged.status} ${acknowledged.body}`);
  }

  async #shown(path: string, count = 1): Promise<SlackMessage> {
    const id = await until(() => this.#addresses.get(path)?.shown[count - 1], 'an answer for Slack');
    return until(() => this.messages.get(id), 'the message');
  }

  /** Somebody types `/warden …`; resolves to the message that appears. */
  async type(line: string, user = 'U0ADA'): Promise<SlackMessage> {
    const { path, fields } = this.address('commands', null);
    await this.send(aCommand(line, { user_id: user, ...fields }));
    return this.#shown(path);
  }

  /** Somebody presses a button of a message; resolves to what appears, or took the message's place. */
  async press(message: SlackMessage, { action_id, value }: SlackButton, user = 'U0ADA'): Promise<SlackMessage> {
    const { path, fields } = this.address('actions', message.id);
    await this.send(aPress(action_id, value, { user: person(user), ...fields }));
    return this.#shown(path);
  }

  /** Somebody presses a button that opens a modal; resolves to the modal. */
  async openModal(message: SlackMessage, { action_id, value }: SlackButton, user = 'U0ADA'): Promise<SlackView> {
    const { fields } = this.address('actions', message.id);
    await this.send(aPress(action_id, value, { user: person(user), ...fields }));
    return (await until(() => this.views.find(({ trigger }) => trigger === fields.trigger_id), 'a modal')).view;
  }

  /** Somebody fills in a modal and sends it; resolves to what appears at the address that it bears. */
  async submit(view: SlackView, text: string, user = 'U0ADA'): Promise<SlackMessage> {
    const path = [...this.#addresses.keys()].find((one) => view.private_metadata.includes(one)) ?? '';
    const before = this.#addresses.get(path)?.shown.length ?? 0;
    await this.send(aSubmission(view, text, { user: person(user) }));
    return this.#shown(path, before + 1);
  }
}

const person = (id: string) => ({ id, username: 'root', name: 'root', team_id: 'T0001' });

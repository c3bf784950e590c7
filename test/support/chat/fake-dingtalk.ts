import { z } from 'zod';
import { type Answer, sendAsPlatform, type Taken, until } from './fake-server.ts';
import { aDingTalkMessage } from './messages.ts';
import { signedByDingTalk } from './sign.ts';

/** Messages as open.dingtalk.com states them, as far as we write them: plain text, which the client does not format. */
const messageSchema = z.strictObject({
  msgtype: z.literal('text'),
  text: z.strictObject({ content: z.string().min(1) }),
});
const MAX_BYTES = 20_000;
/** A session's webhook lives for 90 minutes. */
const LIFE_MS = 5_400_000;
/** A robot says no to more than 20 messages a minute. */
const A_MINUTE = 20;

/** DingTalk as it is documented: signs its headers, not its body; takes answers at the session's address, and holds its limits. */
export class FakeDingTalk {
  readonly messages: { readonly text: string; readonly session: string }[] = [];
  /** What it had to refuse. */
  readonly faults: string[] = [];
  /** How late it is: added to the clock. */
  late = 0;
  readonly #gateway: () => string;
  readonly #sessions = new Map<string, number>();
  #next = 1;

  constructor(gateway: () => string) {
    this.#gateway = gateway;
  }

  #now(): number {
    return Date.now() + this.late;
  }

  /** Our message to one of its addresses. It says no with status 200. */
  take({ path, body, headers }: Taken): Answer {
    const { pathname, searchParams } = new URL(`https://x${path}`);
    const session = searchParams.get('session') ?? searchParams.get('access_token') ?? '';
    const isRobot = pathname === '/oapi.dingtalk.com/robot/send' && session === 'x';
    const until = this.#sessions.get(session);
    const isSession = pathname === '/oapi.dingtalk.com/robot/sendBySession' && until !== undefined;
    if (!isRobot && !isSession) return [200, { errcode: 300001, errmsg: 'token is not exist' }];
    if (isSession && this.#now() > until) return [200, { errcode: 300001, errmsg: 'session is expired' }];
    if (!String(headers['content-type']).startsWith('application/json')) return [200, { errcode: 43004 }];
    const faults = messageSchema.safeParse(body).error?.issues.map(({ message }) => message) ?? [];
    if (Buffer.byteLength(JSON.stringify(body)) > MAX_BYTES) faults.push('more than 20,000 bytes');
    this.faults.push(...faults);
    if (faults.length > 0) return [200, { errcode: 400105, errmsg: faults.join() }];
    if (this.messages.filter((one) => one.session === session).length >= A_MINUTE)
      return [200, { errcode: 130101, errmsg: 'send too fast' }];
    this.messages.push({ text: (body as z.infer<typeof messageSchema>).text.content, session });
    return [200, { errcode: 0, errmsg: 'ok' }];
  }

  /** Somebody writes to the robot; resolves to the text of its answer. */
  async write(line: string, user = 'ada01'): Promise<string> {
    const session = `s${this.#next++}`;
    this.#sessions.set(session, this.#now() + LIFE_MS);
    const sessionWebhook = `https://oapi.dingtalk.com/robot/sendBySession?session=${session}`;
    const message = aDingTalkMessage(line, { senderStaffId: user, sessionWebhook, msgId: session });
    // Two messages within a millisecond would bear one signature.
    const now = new Date(Date.now() + this.#next);
    const answer = await sendAsPlatform(`${this.#gateway()}/chat/dingtalk`, signedByDingTalk(message, now));
    if (answer.status !== 200) throw new Error(`DingTalk was answered ${answer.status} ${answer.body}`);
    return (await until(() => this.messages.find((one) => one.session === session), 'an answer for DingTalk')).text;
  }
}

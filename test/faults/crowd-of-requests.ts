import { Agent, request } from 'node:http';
import { headers } from './gateway-process.ts';

/** What the requests were answered with. */
export interface Answers {
  /** By status. */
  readonly counts: Map<number, number>;
  /** Answers that should not be: neither a list nor a refusal that says when to come back. */
  wrong: number;
}

interface Answer {
  readonly status: number;
  readonly retryAfter: string | undefined;
  readonly body: string;
}

/** Sends one request and reads its whole answer; status 0 where there is none. */
export function send(agent: Agent, port: number, method: string, path: string): Promise<Answer> {
  return new Promise((resolve) => {
    const none = () => resolve({ status: 0, retryAfter: undefined, body: '' });
    const sent = request({ agent, port, host: '127.0.0.1', method, path, headers }, (response) => {
      let body = '';
      response.setEncoding('utf8').on('data', (part: string) => {
        body += part;
      });
      response.on('error', none).on('end', () => {
        resolve({ status: response.statusCode ?? 0, retryAfter: response.headers['retry-after'], body });
      });
    });
    // A connection that stood idle for long on a busy machine was closed by the gateway: a client begins anew.
    sent.on('error', () => (sent.reusedSocket ? resolve(send(agent, port, method, path)) : none()));
    sent.end();
  });
}

/** Keeps so many requests for a page of sessions under way until the end, whatever they are answered. */
export async function crowdOfRequests(port: number, atOnce: number, isOver: () => boolean): Promise<Answers> {
  const agent = new Agent({ keepAlive: true, maxSockets: atOnce });
  const answers: Answers = { counts: new Map(), wrong: 0 };
  await Promise.all(
    Array.from({ length: atOnce }, async () => {
      while (!isOver()) {
        const { status, retryAfter, body } = await send(agent, port, 'GET', '/targets/local/sessions?limit=50');
        answers.counts.set(status, (answers.counts.get(status) ?? 0) + 1);
        const isList = status === 200 && body.startsWith('{"sessions":[{');
        const isRefusal = (status === 429 || status === 503) && /^\d+$/.test(retryAfter ?? '');
        if (!isList && !isRefusal) answers.wrong++;
      }
    }),
  );
  agent.destroy();
  return answers;
}

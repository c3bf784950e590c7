import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { createPoster, hasCode, type Post } from '../../../../../lib/chatops/worker/poster.ts';
import { routedFetch } from '../../../../../local/chat/stand-in.ts';

let answers: (number | 'hang-up' | 'silence')[] = [];
let asked: string[] = [];
const server = createServer((request, response) => {
  asked.push(request.url ?? '');
  const next = answers.shift() ?? 200;
  if (next === 'silence') return;
  if (next === 'hang-up') request.socket.destroy();
  else response.writeHead(next, { location: 'http://127.0.0.1:1/' }).end('{"code":0}');
}).listen(0, '127.0.0.1');
await once(server, 'listening');
afterAll(() => server.closeAllConnections());
afterAll(() => server.close());
beforeEach(() => {
  asked = [];
});

const base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
// An answer that a busy machine is slow to give must not be taken for silence.
const poster = createPoster({ fetch: routedFetch(base), delaysMs: [1, 1], timeoutMs: 60_000 });
const impatient = createPoster({ fetch: routedFetch(base), delaysMs: [1, 1], timeoutMs: 1_500 });
const post: Post = {
  url: 'https://hooks.slack.com/a',
  body: {},
  hosts: ['hooks.slack.com'],
  isAccepted: hasCode('code', 0),
};
const failed = expect.objectContaining({ code: 'chat-failed' });

describe('the poster', () => {
  it.each([
    [[500, 503, 200], 3],
    [['hang-up', 200], 2],
  ] as const)('tries again after %j', async (given, tries) => {
    answers = [...given];
    expect(await poster.post(post)).toBe('{"code":0}');
    expect(asked).toHaveLength(tries);
  });

  it('tries again after silence', async () => {
    answers = ['silence', 200];
    expect(await impatient.post(post)).toBe('{"code":0}');
    expect(asked).toHaveLength(2);
  });

  it.each([[400], [401], [404], [429], [302], [307]])('does not try again after %i, nor follow it', async (status) => {
    answers = [status];
    await expect(poster.post(post)).rejects.toEqual(failed);
    expect(asked).toHaveLength(1);
  });

  it('gives up after three tries, and says that it may be sent again later', async () => {
    answers = [500, 500, 500, 200];
    await expect(poster.post(post)).rejects.toMatchObject({ code: 'chat-unreachable' });
    expect(asked).toHaveLength(3);
    answers = [];
  });

  it('does not send twice what the platform said no to with status 200', async () => {
    await expect(poster.post({ ...post, isAccepted: hasCode('code', 1) })).rejects.toEqual(failed);
    expect(asked).toHaveLength(1);
  });

  it.each(['http://hooks.slack.com/a', 'https://evil.example/a', 'https://hooks.slack.com:444/a', 'x'])(
    'sends nothing to %s',
    async (url) => {
      await expect(poster.post({ ...post, url })).rejects.toEqual(failed);
      expect(asked).toEqual([]);
    },
  );

  it('sends to this machine in the clear where it is told that it may, and nowhere else', async () => {
    const near = createPoster({ loopback: true, delaysMs: [], timeoutMs: 60_000 });
    expect(await near.post({ ...post, url: `${base}/b` })).toBe('{"code":0}');
    expect(asked).toEqual(['/b']);
    for (const url of ['http://127.0.0.1.evil.example/a', 'http://127.0.0.1@evil.example/a', 'http://10.0.0.1/a'])
      await expect(near.post({ ...post, url, hosts: [new URL(url).host] })).rejects.toEqual(failed);
    await expect(createPoster().post({ ...post, url: `${base}/b`, hosts: [new URL(base).host] })).rejects.toEqual(
      failed,
    );
    expect(asked).toHaveLength(1);
  });
});

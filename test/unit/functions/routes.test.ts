import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { CHAT_ROUTES, CHAT_WORKERS, CONSOLE_ROUTES, ROUTES, SCHEDULED } from '../../../functions/routes.ts';

const folder = new URL('../../../functions/', import.meta.url);
const files = readdirSync(folder).filter((file) => file.endsWith('.ts') && file !== 'routes.ts');
describe('the route table', () => {
  it('has each file of functions/ exactly once, and no other', () => {
    const names = [...ROUTES.map(({ name }) => name), CONSOLE_ROUTES[0].name, ...CHAT_WORKERS, ...SCHEDULED];
    expect(names.map((name) => `${name}.ts`).sort()).toEqual(files.sort());
  });

  it('has a path for each channel, and one more part of it where there are several senders', () => {
    expect(Object.fromEntries(CHAT_ROUTES.map(({ name, path }) => [name, path]))).toMatchObject({
      slack: '/chat/slack',
      feishu: '/chat/feishu',
      dingtalk: '/chat/dingtalk',
      webhook: '/chat/webhook/{source}',
      alert: '/chat/alert/{source}',
    });
  });

  it('has each method and path once', () => {
    const all = [...ROUTES, ...CONSOLE_ROUTES, ...CHAT_ROUTES];
    expect(new Set(all.map(({ method, path }) => `${method} ${path}`)).size).toBe(all.length);
  });

  it('lets only the description be read without identity', () => {
    expect(ROUTES.filter(({ anonymous }) => anonymous).map(({ name }) => name)).toEqual(['get-openapi']);
  });
});

describe.each(files)('functions/%s', (file) => {
  it('has at most 30 lines', () => {
    expect(readFileSync(new URL(file, folder), 'utf8').trimEnd().split('\n').length).toBeLessThanOrEqual(30);
  });

  it('exports a handler and what makes one', async () => {
    const module = await import(new URL(file, folder).href);
    expect(Object.keys(module).sort()).toEqual(['createHandler', 'handler']);
  });
});

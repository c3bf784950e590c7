import { describe, expect, it } from 'vitest';
import { addressOf } from '../../../../local/cli/commands/serve.ts';
import { UsageError } from '../../../../local/cli/help.ts';

describe('--listen', () => {
  it.each([
    ['127.0.0.1:8787', { host: '127.0.0.1', port: 8787 }],
    ['[::1]:80', { host: '::1', port: 80 }],
    [':8787', { host: '::', port: 8787 }],
    ['warden.internal:0', { host: 'warden.internal', port: 0 }],
  ])('reads %s', (text, address) => {
    expect(addressOf(text)).toEqual(address);
  });

  it.each(['', '8787', '127.0.0.1', '127.0.0.1:99999', '::1:80', 'http://127.0.0.1:80'])('refuses %j', (text) => {
    expect(() => addressOf(text)).toThrow(UsageError);
  });
});

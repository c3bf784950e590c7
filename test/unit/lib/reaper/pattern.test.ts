import { describe, expect, it } from 'vitest';
import { compileHostPattern, compilePattern } from '../../../../lib/reaper/pattern.ts';
import { addressOf } from '../../../../lib/sessions/group-key.ts';

describe('a pattern', () => {
  it.each([
    ['app_*', 'app_1', true],
    ['app_*', 'my_app_1', false],
    ['/app/', 'my_app_1', true],
    ['/^App$/', 'app', false],
    ['/^App$/i', 'app', true],
    ['/a.b/', 'a\nb', false],
    ['/a.b/s', 'a\nb', true],
    ['/a/b/', 'a/b', true],
    ['x/a/', 'y/a/', false],
    ['/is/', 'IS', false],
    ['.*', 'anything', false],
  ])('%s on %j: %s', (pattern, text, matches) => {
    expect(compilePattern(pattern)(text)).toBe(matches);
  });

  it.each(['/(?=a)/', '/(a)\\1/', '/[/', `/${'a'.repeat(1_001)}/`])(
    'is refused where it is not one of RE2: %s',
    (pattern) => {
      expect(() => compilePattern(pattern)).toThrow();
    },
  );

  it('that would hang a backtracking engine ends', () => {
    expect(compilePattern('/^(a+)+$/')(`${'a'.repeat(5_000)}b`)).toBe(false);
    expect(compilePattern('*a*a*a*a*a*a*b')('a'.repeat(20_000))).toBe(false);
  });
});

describe('a pattern on a text that goes on', () => {
  it.each([
    ['SELECT*', 'SELECT 1', true],
    ['SELECT*', 'INSERT 1', false],
    ['SELECT 1 FROM*', 'SELECT', undefined],
    ['*SELECT*', 'SELECT', true],
    ['*FROM*', 'SELECT', undefined],
    ['SELECT', 'SELECT', undefined],
    ['SELECT', 'INSERT', false],
    ['/LECT/', 'SELECT', true],
    ['/FROM/', 'SELECT', undefined],
    ['/LECT$/', 'SELECT', undefined],
    ['/LECT\\b/', 'SELECT', undefined],
    ['/LECT\\z/', 'SELECT', undefined],
  ])('%s on the beginning %j: %s', (pattern, text, matches) => {
    expect(compilePattern(pattern)(text, true)).toBe(matches);
  });
});

describe('an address', () => {
  it.each([
    ['10.0.0.7:53211', '10.0.0.7'],
    ['localhost', 'localhost'],
    ['[::1]:5', '::1'],
    ['::1', '::1'],
    ['db-host.example:3306', 'db-host.example'],
  ])('of %s is %s', (host, address) => {
    expect(addressOf(host)).toBe(address);
  });

  it.each([
    ['10.0.0.0/24', '10.0.0.255:9', true],
    ['10.0.0.0/24', '10.0.1.0:9', false],
    ['10.0.0.0/24', 'localhost:9', undefined],
    ['127.0.0.0/8', 'localhost', undefined],
    ['127.0.0.0/8', '', undefined],
    ['10.0.0.7', 'web-1:9', undefined],
    ['10.0.*', 'web-1:9', undefined],
    ['10.0.*', '[::ffff:10.0.0.7]:9', true],
    ['10.0.0.0/8', '::ffff:10.0.0.7', true],
    ['10.0.0.7', '[::ffff:a00:7]:9', true],
    ['::ffff:10.0.0.0/104', '10.0.0.7:9', true],
    ['::1', '[0:0:0:0:0:0:0:1]:9', true],
    ['fe80::/10', 'fe80::1%eth0', undefined],
    ['2001:db8::/64', '2001:db8::5:9000', true],
    ['2001:db8::5/128', '2001:db8::5:9000', undefined],
    ['2001:db8::6/128', '2001:db8::5:9000', false],
    ['web-*', 'web-1:9', true],
    ['web-*', '10.0.0.7:9', false],
    ['*:9', 'web-1:8', false],
    ['/^10/', 'web-1:8', false],
    ['fe80::1%eth0/64', '[fe80::2]:9', false],
    ['2001:db8::/32', '[2001:db8::5]:9', true],
    ['10.0.*', '10.0.9.9:1', true],
    ['10.0.0.7:9', '10.0.0.7:9', true],
    ['/:9$/', '10.0.0.7:9', true],
    ['/7$/', '10.0.0.7:9', false],
  ])('by %s, %s: %s', (pattern, host, matches) => {
    expect(compileHostPattern(pattern)(host)).toBe(matches);
  });

  it.each([
    ['[::1]:53', '::1'],
    ['[::1]', '::1'],
    ['x[::1]:5', 'x[::1]'],
    ['[::1]:5x', '[::1]:5x'],
    ['[::1]x', '[::1]x'],
    ['a:1:2', 'a:1'],
    ['a:b', 'a:b'],
    ['h:', 'h'],
  ])('the address of %s is %s', (host, address) => expect(addressOf(host)).toBe(address));

  it('is at most a thousand characters, and a network has no more bits than its address', () => {
    expect(() => compilePattern('a'.repeat(1_000))).not.toThrow();
    expect(() => compilePattern('a'.repeat(1_001))).toThrow('a pattern has at most 1000 characters');
    expect(compileHostPattern('10.0.0.7/32')('10.0.0.7:1')).toBe(true);
    expect(compileHostPattern('::1/128')('[::1]:1')).toBe(true);
    expect(compileHostPattern('::1/64')('[::2]:1')).toBe(true);
    for (const network of ['10.0.0.7/33', '::1/129'])
      expect(() => compileHostPattern(network)).toThrow('the network has more bits than its address');
    for (const glob of ['x10.0.0.0/24', '10.0.0.0/24x']) expect(compileHostPattern(glob)('10.0.0.1:1')).toBe(false);
    expect(compileHostPattern('/7$/')('10.0.0.7:1')).toBe(false);
    expect(compilePattern('x/a/')('a')).toBe(false);
    expect(compilePattern('/a/x')('a')).toBe(false);
    for (const [broken, why] of [
      ['/(/', 'missing closing )'],
      ['/[/', 'missing closing ]'],
    ] as const)
      expect(() => compilePattern(broken)).toThrow(new Error(why));
  });
});

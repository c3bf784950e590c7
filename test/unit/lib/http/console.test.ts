import { gunzipSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { AppError } from '../../../../lib/errors.ts';
import { type ConsoleSettings, consoleAnswer, parseSignIn } from '../../../../lib/http/console.ts';

const files = new Map([
  ['index.html', '<!doctype html>'],
  ['app.js', 'go()'],
]);
const TOKEN: ConsoleSettings = { signIn: 'token' };
const SIGN_IN = { issuer: 'https://id.example.com/realms/ours', clientId: 'page', scope: 'openid' };
const ask = (path: string, headers: Record<string, string> = {}, settings: ConsoleSettings = TOKEN) =>
  consoleAnswer(files, settings, { path, headers });

describe('the console', () => {
  it('is at one address, to which the others lead', () => {
    for (const path of ['/', '/console'])
      expect(ask(path)).toMatchObject({ statusCode: 302, headers: { location: '/console/index.html' } });
    expect(ask('/console/')).toEqual(ask('/console/index.html'));
    expect(ask('/console/').body).toBe('<!doctype html>');
  });

  it('answers for its own files and no other', () => {
    const any = fc.stringMatching(/^[\w./%-]{0,30}$/);
    fc.assert(
      fc.property(any, (name) => {
        if (name === '' || name === 'settings.json' || files.has(name)) return;
        expect(() => ask(`/console/${name}`)).toThrow(AppError);
      }),
    );
  });

  it('is sent again only where it changed, and packed for a browser that takes that', () => {
    const packed = ask('/console/app.js', { 'accept-encoding': 'br, gzip;q=0.8' });
    expect(packed).toMatchObject({
      isBase64Encoded: true,
      headers: { 'content-encoding': 'gzip', vary: 'accept-encoding' },
    });
    expect(gunzipSync(Buffer.from(packed.body, 'base64')).toString()).toBe('go()');
    const plain = ask('/console/app.js', { 'accept-encoding': 'gzip;q=0, br' });
    expect(plain).toMatchObject({ body: 'go()', headers: { 'cache-control': 'no-cache' } });
    expect(plain.headers['etag']).not.toBe(packed.headers['etag']);
    const again = (tag: string | undefined) =>
      ask('/console/app.js', { 'if-none-match': `"other", W/${tag}` }).statusCode;
    expect([again(plain.headers['etag']), again('"old"')]).toEqual([304, 200]);
  });

  it('lets the page ask its own origin, and those to sign in at', () => {
    const policy = (settings: ConsoleSettings) => ask('/console/', {}, settings).headers['content-security-policy'];
    expect(policy(TOKEN)).toContain("connect-src 'self';");
    const origins = ['https://login.example.com', 'https://id.example.com/again'];
    const settings = parseSignIn(JSON.stringify({ ...SIGN_IN, origins }));
    expect(policy(settings)).toContain("connect-src 'self' https://id.example.com https://login.example.com;");
    expect(policy(settings)).not.toContain('unsafe');
    expect(JSON.parse(ask('/console/settings.json', {}, settings).body)).toEqual({
      signIn: 'issuer',
      ...SIGN_IN,
      origins,
    });
  });

  it.each([
    ['no JSON', 'issuer', 'not JSON'],
    ['an issuer without TLS', { ...SIGN_IN, issuer: 'http://id.example.com' }, 'issuer'],
    ['an issuer that looks near', { ...SIGN_IN, issuer: 'http://localhost.example.com' }, 'issuer'],
    ['an issuer that ends the policy', { ...SIGN_IN, issuer: "https://a; script-src 'unsafe-inline'" }, 'issuer'],
    ['no client', { ...SIGN_IN, clientId: undefined }, 'clientId'],
    ['no sign-in by OpenID', { ...SIGN_IN, scope: 'profile' }, 'scope'],
    ['an origin that is none', { ...SIGN_IN, origins: ['*'] }, 'origins.0'],
    ['a field that is unknown', { ...SIGN_IN, secret: 'x' }, 'the object'],
  ])('is not served with %s', (_what, value, named) => {
    const text = typeof value === 'string' ? value : JSON.stringify(value);
    expect(() => parseSignIn(text)).toThrow(
      expect.objectContaining({ code: 'configuration-invalid', detail: expect.stringContaining(named) }),
    );
  });

  it('may sign in at an issuer of this machine without TLS', () => {
    expect(parseSignIn(JSON.stringify({ ...SIGN_IN, issuer: 'http://127.0.0.1:3000' }))).toMatchObject({ origins: [] });
  });
});

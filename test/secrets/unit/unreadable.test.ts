import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseChatSecrets } from '../../../lib/chatops/channels/load-channel.ts';
import { AppError } from '../../../lib/errors.ts';
import { createUrlDirectory, targetsFromEnvironment } from '../../../lib/targets/database-url.ts';
import { toCredentials } from '../../../lib/targets/secrets-manager.ts';
import { CHAT_SECRETS } from '../../support/chat/secrets.ts';
import { CANARIES } from '../canary.ts';
import { lookForSecrets } from './look-for-secrets.ts';

const secrets = lookForSecrets(
  'Secrets, unreadable',
  'secrets, URLs and files that are cut, broken or of the wrong type',
);

/** What an error tells, its causes' messages too: a log shows them one day. */
function told(read: () => unknown): string {
  try {
    read();
    return '';
  } catch (error) {
    expect(error).toBeInstanceOf(AppError);
    const parts: string[] = [];
    for (let at = error; at instanceof Error; at = at.cause)
      parts.push(at.name, at.message, at.stack ?? '', JSON.stringify(at));
    return parts.join('\n');
  }
}

describe('a secret or a file that cannot be read', () => {
  const secret = {
    engine: 'mysql',
    host: 'db.example.com',
    port: 3306,
    username: 'warden',
    password: CANARIES.password,
    auth: 'password',
    tls: 'on',
  };

  it('quotes nothing of the secret of a target, however it is broken', () => {
    const field = fc.constantFrom(...Object.keys(secret));
    const bad = fc.oneof(
      fc.jsonValue(),
      fc.constantFrom(
        CANARIES.password,
        [CANARIES.password],
        { [CANARIES.password]: 1 },
        `${CANARIES.password}@x`,
        70_000,
      ),
    );
    fc.assert(
      fc.property(field, bad, fc.nat(), (name, value, cut) => {
        secrets.isClean(told(() => toCredentials(JSON.stringify({ ...secret, [name]: value }), 'shop')));
        const text = JSON.stringify(secret);
        secrets.isClean(told(() => toCredentials(text.slice(0, cut % text.length), 'shop')));
        secrets.isClean(told(() => toCredentials(text.replace('"', value === null ? "'" : ''), 'shop')));
      }),
      { numRuns: 500 },
    );
  });

  it('quotes nothing of a URL, however it is broken', () => {
    const marks = fc.constantFrom(...':/?#@%[] \\"\'&=+;,\0\n', '%zz', '://', '');
    fc.assert(
      fc.property(marks, marks, marks, marks, (a, b, c, d) => {
        const url = `mysql${a}${a === '' ? '://' : ''}user:${b}${CANARIES.password}${c}@host${d}:3306/db`;
        secrets.isClean(told(() => createUrlDirectory(new Map([['local', url]]))));
        secrets.isClean(told(() => createUrlDirectory(new Map([['local', `${CANARIES.password}${b}`]]))));
      }),
      { numRuns: 2_000 },
    );
  });

  it('quotes nothing of a file of targets, nor of the secret of the chats', () => {
    const folder = mkdtempSync(join(tmpdir(), 'warden-secrets-'));
    const file = join(folder, 'targets.yaml');
    const marks = fc.constantFrom(...':{}[]*&!|>%@`"\'#-?, \n\t', '{a: ', '');
    try {
      fc.assert(
        fc.property(marks, marks, (before, after) => {
          writeFileSync(file, `shop: ${before}mysql://u:${CANARIES.password}@h/${after}\n`);
          secrets.isClean(told(() => createUrlDirectory(targetsFromEnvironment({ TARGETS: file }))));
        }),
        { numRuns: 500 },
      );
    } finally {
      rmSync(folder, { recursive: true });
    }
    const text = JSON.stringify({ ...CHAT_SECRETS, slack: { ...CHAT_SECRETS.slack, signingSecret: CANARIES.token } });
    for (let cut = 0; cut < text.length; cut++) secrets.isClean(told(() => parseChatSecrets(text.slice(0, cut))));
    for (const wrong of [[CANARIES.token], { x: CANARIES.token }, `${CANARIES.token}\n`.repeat(500), ''])
      for (const name of ['signingSecret', 'app', 'teams', 'botToken', 'places'])
        secrets.isClean(
          told(() =>
            parseChatSecrets(
              JSON.stringify({ slack: { signingSecret: CANARIES.token, app: 'a', teams: ['T'], [name]: wrong } }),
            ),
          ),
        );
    secrets.isClean(told(() => parseChatSecrets(JSON.stringify({ webhook: { deployer: CANARIES.token } }))));
  });
});

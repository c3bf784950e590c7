import { describe, expect, it } from 'vitest';
import { parseSecretTag } from '../../../../lib/targets/secret-store.ts';
import { fault, secret, setup, tagged } from '../credentials/fake-secrets-manager.ts';

const TEAM = { key: 'warden', value: 'prod' };
const OURS = [tagged('owner', 'dba'), tagged('warden', 'prod')];
/** All that ListSecrets may give for these filters, and what must not pass for it. */
const STRANGERS = {
  'w/longer-key': [tagged('wardens', 'prod')],
  'w/longer-value': [tagged('warden', 'production')],
  'w/other-case': [tagged('Warden', 'prod')],
  'w/crossed': [tagged('warden', 'test'), tagged('stage', 'prod')],
  'w/none': [],
};

describe('targets by tag', () => {
  it('are those that bear exactly that tag, whatever else AWS finds', async () => {
    const names = ['w/a', ...Object.keys(STRANGERS)];
    const { directory } = setup({}, [names], { tag: TEAM, tags: { 'w/a': OURS, ...STRANGERS } });

    await expect(directory.list()).resolves.toEqual([{ name: 'a' }]);
  });

  it.each(Object.keys(STRANGERS))('are not found by the name of %s, and its value is not asked for', async (name) => {
    const { directory, passwords, requests } = setup({ [`${name}@AWSCURRENT`]: secret('p') }, [], {
      tag: TEAM,
      tags: STRANGERS,
    });
    const target = name.slice(2);

    await expect(directory.find(target)).resolves.toBeUndefined();
    await expect(passwords(target)).rejects.toMatchObject({ code: 'target-not-found' });

    expect(requests.filter((request) => !request.startsWith('tags of'))).toEqual([]);
  });

  it('are found by name, asked for once while they are kept, and forgotten with their tag', async () => {
    const tags = { 'w/a': OURS };
    const { directory, requests, pass } = setup({ 'w/a@AWSCURRENT': secret('p') }, [], { tag: TEAM, tags });

    await expect(directory.find('a')).resolves.toEqual({ name: 'a' });
    await expect(directory.find('a')).resolves.toEqual({ name: 'a' });
    expect(requests).toEqual(['tags of w/a', 'w/a@AWSCURRENT']);

    tags['w/a'] = [];
    pass(300);
    await expect(directory.find('a')).resolves.toBeUndefined();
  });

  it('need no prefix', async () => {
    const options = { prefix: '', tag: TEAM, tags: { a: OURS, b: [], 'c/d': OURS } };
    const { directory, warnings } = setup({ 'a@AWSCURRENT': secret('p') }, [['a', 'b', 'c/d']], options);

    await expect(directory.list()).resolves.toEqual([{ name: 'a' }]);
    await expect(directory.find('a')).resolves.toEqual({ name: 'a' });
    expect(warnings).toEqual([expect.stringMatching(/^1 secrets/)]);
  });

  it('are none while AWS does not tell of tags', async () => {
    const { directory } = setup({ 'w/a@AWSCURRENT': secret('p') }, [], {
      tag: TEAM,
      tags: { 'w/a': fault('AccessDeniedException') },
    });

    await expect(directory.find('a')).rejects.toMatchObject({ code: 'credentials-unavailable' });
  });
});

describe('SECRET_TAG', () => {
  it.each([
    ['warden=prod', { key: 'warden', value: 'prod' }],
    ['team:db/eu=a=b', { key: 'team:db/eu', value: 'a=b' }],
  ])('%s is read', (text, tag) => {
    expect(parseSecretTag(text)).toEqual(tag);
  });

  it.each(['warden', 'warden=', '=prod', '!warden=prod', 'warden=!prod', 'wärden=prod', `k=${'v'.repeat(257)}`])(
    '%j is refused',
    (text) => {
      expect(() => parseSecretTag(text)).toThrow(expect.objectContaining({ code: 'configuration-invalid' }));
    },
  );
});

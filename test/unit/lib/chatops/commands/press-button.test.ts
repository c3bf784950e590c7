import { describe, expect, it } from 'vitest';

import { dingtalk, press, START, seen, slack, store } from '../../../../support/chat/a-runner.ts';

describe('a button', () => {
  it('does what it is for once, for who asked', async () => {
    await store();
    expect(await press(slack('U0ADA'), 'confirm')).toMatchObject({
      title: '1 of 1 ended',
      buttons: [],
      replaces: true,
    });
    expect(seen.ran).toMatchObject([{ rule: 'idle', victims: [{ id: '42', tag: 't' }] }]);
    expect((await press(slack('U0ADA'), 'confirm')).title).toBe('Already decided by ada');
    expect(seen.ran).toHaveLength(1);
  });

  it.each([
    ['somebody else', slack('U0GRACE'), 'confirm', {}, 'question is for another person'],
    [
      'its requester while it needs approval',
      slack('U0ADA'),
      'confirm',
      { approvers: { group: 'operator' } },
      'A person must approve this.',
    ],
    ['its requester as approver', slack('U0ADA'), 'approve', { approvers: { group: 'operator' } }, 'Another person'],
    [
      'somebody whom the rule does not name',
      slack('U0LINUS'),
      'approve',
      { approvers: { group: 'operator' } },
      'may not approve',
    ],
    ['anybody, approving what needs none', slack('U0GRACE'), 'approve', {}, 'not valid'],
    ['anybody, once it has expired', slack('U0ADA'), 'confirm', { expiresAt: START }, 'expired'],
    [
      'an approver, once it has expired',
      slack('U0GRACE'),
      'approve',
      { approvers: { group: 'operator' }, expiresAt: START },
      'expired',
    ],
    ['a platform that does not sign its body', dingtalk, 'confirm', {}, 'lack the required privilege'],
    ['a keep button on a reap', slack('U0ADA'), 'keep', {}, 'not valid'],
  ] as const)('does nothing for %s', async (_who, principal, click, over, words) => {
    await store(over);
    expect((await press(principal, click)).title).toContain(words);
    expect([seen.ran, seen.opened]).toEqual([[], 0]);
  });

  it('does nothing for an ID that no one made', async () => {
    expect((await press(slack('U0ADA'), 'confirm', 'x'.repeat(22))).title).toContain('expired');
    expect([seen.ran, seen.opened]).toEqual([[], 0]);
  });

  it('ends nothing once someone said no', async () => {
    await store({ approvers: { group: 'operator' } });
    expect(await press(slack('U0GRACE'), 'deny')).toMatchObject({ title: 'Nothing was ended', replaces: true });
    expect((await press(slack('U0GRACE'), 'approve')).lines).toContain('The request was denied.');
    expect(seen.ran).toEqual([]);
  });
});

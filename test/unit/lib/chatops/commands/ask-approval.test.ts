import { describe, expect, it, vi } from 'vitest';
import { askApproval } from '../../../../../lib/chatops/commands/ask-approval.ts';
import { getApproval } from '../../../../../lib/chatops/commands/get-approval.ts';
import type { Principal } from '../../../../../lib/privileges/principal.ts';
import { memoryKillCounter, refuseTooManyQuestions } from '../../../../../lib/sessions/kill/kill-limit.ts';
import { sessionId } from '../../../../../lib/sessions/session.ts';
import { sessionTag } from '../../../../../lib/sessions/tags.ts';
import { aReaperChat } from '../../../../support/a-reaper-chat.ts';
import { scriptedServices } from '../../../../support/scripted-services.ts';
import { aSession } from '../../reaper/a-session.ts';

const ACCESS = `access:
  - { who: { sub: ada }, targets: ['*'], privileges: [PROCESS, SUPER] }
  - { who: { sub: eve }, targets: ['*'], privileges: [PROCESS], users: [app], approval: { by: { group: dba } } }
  - { who: { sub: eve }, targets: ['*'], users: [report], approval: { by: { group: boss } } }
`;
const PLACE = "chat: { approvals: 'slack:ops' }\n";
const ROWS = [
  aSession({ id: '42', user: 'app' }),
  aSession({ id: '43', user: 'report' }),
  aSession({ id: '44', user: 'x' }),
];
const who = (subject: string, agent?: string): Principal => ({
  ...{ source: 'jwt', subject, groups: [], claims: { sub: subject } },
  ...(agent !== undefined && { agent }),
});
const kill = (at: number, tag: string | null = sessionTag(ROWS[at] ?? aSession())) => ({
  ...{ id: sessionId(String(42 + at)), kind: 'connection' as const, tag },
});

async function asking(config = ACCESS + PLACE) {
  const chat = await aReaperChat();
  const { services, audit } = scriptedServices(config, { looks: Array.from({ length: 20 }, () => ROWS) });
  const ask = (principal: Principal, ...kills: readonly ReturnType<typeof kill>[]) =>
    askApproval(
      { ...services, reaperChat: async () => chat },
      {
        ...{ principal, target: 'local', reason: 'why', correlationId: 'c', what: { kills } },
      },
    );
  return { ask, audit, chat, services };
}

describe('asking for an approval', () => {
  it('needs a place to ask at, which the answer names', async () => {
    const { ask, audit } = await asking(ACCESS);
    await expect(ask(who('ada', 'bot'), kill(0))).rejects.toMatchObject({
      code: 'approval-needed',
      detail: expect.stringContaining('chat.approvals'),
    });
    expect(audit.records).toEqual([]);
  });

  it.each([
    ['without a tag', who('ada', 'bot'), [kill(0, null)], 'tag-required'],
    ['with a tag of another session', who('ada', 'bot'), [kill(0, kill(1).tag)], 'tag-mismatch'],
    ['of what they may not end', who('eve'), [kill(2)], 'not-allowed'],
    ['one of many that they may not end', who('eve'), [kill(0), kill(2)], 'not-allowed'],
    ['on the terms of two rules', who('eve'), [kill(0), kill(1)], 'request-invalid'],
  ])('is refused %s', async (_, principal, kills, code) => {
    const { ask, chat } = await asking();
    const stored = vi.spyOn(chat.questions.requests, 'putAll');
    await expect(ask(principal, ...kills)).rejects.toMatchObject({ code });
    expect(stored).not.toHaveBeenCalled();
  });

  it('is not needed where the person may end it alone, and then no one is asked', async () => {
    const { ask, audit } = await asking();
    expect(await ask(who('ada'), kill(0))).toMatchObject({ state: 'not-needed', id: null });
    expect(audit.records).toEqual([]);
  });

  it('is on record with the agent, and for the one who asked alone', async () => {
    const { ask, audit, chat, services } = await asking();
    const { id, state } = await ask(who('ada', 'bot'), kill(0), kill(2));
    expect(state).toBe('open');
    expect(audit.records).toMatchObject([
      { agent: 'bot', approvalRequest: id, kind: 'reap', outcome: null, reason: 'why' },
    ]);
    const look = (principal: Principal, target = 'local') =>
      getApproval({ ...services, reaperChat: async () => chat }, { principal, target, id: id ?? '' });
    expect(await look(who('ada'))).toMatchObject({ id, state: 'open', results: null });
    const none = { code: 'approval-not-found' };
    await expect(look(who('eve'))).rejects.toMatchObject(none);
    await expect(look({ ...who('ada'), source: 'iam' })).rejects.toMatchObject(none);
    await expect(look(who('ada'), 'other')).rejects.toMatchObject(none);
  });

  it('is for people to read: ten questions in a minute, and no more', async () => {
    const killCounter = memoryKillCounter(() => 0);
    const asked = (now: number) => refuseTooManyQuestions({ killCounter }, who('ada'), now);
    for (let times = 0; times < 10; times++) await asked(1_000);
    await expect(asked(2_000)).rejects.toMatchObject({ code: 'too-many-requests', retryAfter: 58 });
    await refuseTooManyQuestions({ killCounter }, who('eve'), 2_000);
    await asked(61_000);
  });
});

import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { afterAll, describe, expect, it } from 'vitest';
import { dynamoReplayStore, dynamoRequestStore } from '../../lib/state/dynamodb-chat-stores.ts';
import { createDynamoDbWarningStore } from '../../lib/state/dynamodb-warning-store.ts';
import { STATE_TABLE } from '../../lib/state/tables.ts';
import { createTable } from '../aws/create-table.ts';
import { startDynamoDbLocal } from '../aws/dynamodb-local.ts';
import { isRunning, seen } from '../engines/a-server.ts';
import { engines } from '../engines/engines.ts';
import { feishuText } from '../support/chat/fake-feishu.ts';
import { until } from '../support/chat/fake-server.ts';
import { buttonOf, buttonsOf, textOf } from '../support/chat/slack-message.ts';
import { chatOn } from './chat-on.ts';

const url = engines.find(({ name }) => name === 'oceanbase')?.url ?? '';
const { dynamodb, skipped } = await startDynamoDbLocal();
const client = dynamodb?.client ?? new DynamoDBClient({ region: 'us-east-1' });
const table = 'state';
if (dynamodb !== undefined) await createTable(client, table, STATE_TABLE);
const clock = { late: 0 };
const now = () => Date.now() + clock.late;
const state = () => ({
  requests: dynamoRequestStore(client, table, now),
  replays: dynamoReplayStore(client, table),
  warnings: createDynamoDbWarningStore({ client, table }),
});
const why = url === '' ? 'no OceanBase' : skipped;

describe.skipIf(why !== undefined)(
  `approval on OceanBase and DynamoDB Local${why === undefined ? '' : ` - skipped: ${why}`}`,
  () => {
    const { on, services, running } = chatOn(url, state, now);
    afterAll(() => dynamodb?.stop());

    it('kills once when twenty approve at the same time, and tells the others who decided', async () => {
      const { client: victim } = await running();
      const before = services.audit.records.length;
      const question = await on.chat.slack.type(`kill local ${victim.id}`, 'U0EVE');
      expect(question.response_type).toBe('in_channel');
      const approve = buttonOf(question, 'Approve');
      expect(approve.confirm?.text.text).toContain(`End ${victim.id}`);
      expect(textOf(await on.chat.slack.press(question, approve, 'U0EVE'))).toContain('You may not approve');
      expect(textOf(await on.chat.slack.press(question, { ...approve, action_id: 'confirm:0' }, 'U0EVE'))).toContain(
        'A person must approve this',
      );
      const answers = await Promise.all(
        Array.from({ length: 20 }, (_, at) => on.chat.slack.press(question, approve, at % 2 ? 'U0ADA' : 'U0GRACE')),
      );
      expect(answers).toHaveLength(20);
      await until(() => (services.audit.records.at(-1)?.outcome === 'terminated' ? true : undefined), 'the kill');
      const shared = {
        ...{ sessionId: victim.id, principal: { subject: 'eve' }, approvalRequest: approve.value, reason: null },
        approver: { source: 'slack', subject: expect.stringMatching(/^(ada|grace)$/) },
      };
      expect(services.audit.records.slice(before)).toMatchObject([
        { ...shared, outcome: 'approved' },
        { ...shared, outcome: 'terminated', rule: 'access[2] group: asker' },
      ]);
      expect(await victim.isAlive()).toBe(false);
      expect(textOf(await on.chat.slack.press(question, approve, 'U0ADA'))).toMatch(/Already decided by (ada|grace)/);
      expect(buttonsOf(on.chat.slack.messages.get(question.id) ?? question)).toEqual([]);
    });

    it('no one approves what they asked for, from another chat neither', async () => {
      const { client: victim } = await running();
      const question = await on.chat.slack.type(`kill local ${victim.id}`, 'U0BOTH');
      const approve = buttonOf(question, 'Approve');
      const card = await on.chat.feishu.write('help');
      // The same button in another chat, where the same person is known by another ID.
      const value = { click: 'approve', request: approve.value };
      const behaviors: [{ type: 'callback'; value: typeof value }] = [{ type: 'callback', value }];
      const text = { tag: 'plain_text' as const, content: 'Approve' };
      const there = {
        ...card,
        body: { elements: [{ tag: 'button' as const, text, type: 'danger' as const, behaviors }] },
      };
      expect(feishuText(await on.chat.feishu.press(there, 'Approve', 'ou_both'))).toContain(
        'Another person must approve',
      );
      expect(textOf(await on.chat.slack.press(question, approve, 'U0BOTH'))).toContain('Another person must approve');
      expect(isRunning(await seen(services, victim.id))).toBe(true);
      expect(services.audit.records.filter(({ sessionId }) => sessionId === victim.id)).toMatchObject([
        { principal: { subject: 'both' }, approver: null, outcome: null },
      ]);
    });

    it('does nothing once its time is over, and says so', async () => {
      const { client: victim } = await running();
      const question = await on.chat.slack.type(`kill local ${victim.id}`, 'U0EVE');
      clock.late = 301_000;
      const late = await on.chat.slack.press(question, buttonOf(question, 'Approve'), 'U0ADA');
      clock.late = 0;
      expect(textOf(late)).toContain('This button has expired');
      expect(buttonsOf(late)).toEqual([]);
      expect(isRunning(await seen(services, victim.id))).toBe(true);
    });
  },
);

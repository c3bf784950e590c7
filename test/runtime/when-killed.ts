import { ScanCommand } from '@aws-sdk/client-dynamodb';
import { expect, it } from 'vitest';
import { httpEvent } from './events.ts';
import { holdingBack } from './holding-back.ts';
import { dynamodb, present, type Stage, session } from './stage.ts';

/** What is left of a kill whose function ends in its middle. */
export function whenKilled({ cloud, open }: Stage): void {
  it.skipIf(present.length === 0).each(['SIGTERM', 'SIGKILL'] as const)(
    'leave an intent where %s ends them in mid-kill, and the sweep closes it',
    async (signal) => {
      const [{ name: target, url } = { name: '', url: '' }] = present;
      const client = await open(url);
      const { door: aws, tables } = cloud();
      const door = await holdingBack(aws.endpoint, 'UpdateItem', tables.audit);
      await using lambda = await cloud().start('kill-connection', {
        environment: { AWS_ENDPOINT_URL_DYNAMODB: door.endpoint },
      });
      const killed = lambda.invoke(httpEvent('DELETE', ...session(target, client.id)));
      await Promise.race([door.held, killed]);
      await lambda.kill(signal);
      expect(await killed).toMatchObject({ error: { errorType: 'Runtime.ExitError' } });
      door.close();

      const ofThis = async () => {
        const { Items = [] } = (await dynamodb?.client.send(
          new ScanCommand({ TableName: tables.audit, ConsistentRead: true }),
        )) ?? { Items: [] };
        return Items.filter((item) => item['sessionId']?.S === client.id && item['target']?.S === target);
      };
      expect(await ofThis()).toMatchObject([{ open: { S: 'open' } }]);

      // The sweep leaves what is younger than any function may run.
      await using sweep = await cloud().start('sweep-audit', { secondsAhead: 3_600 });
      const swept = await sweep.invoke({});
      expect(swept, sweep.log()).toMatchObject({ answer: { closed: { terminated: 1 }, open: 0 } });
      const [closed] = await ofThis();
      expect(closed).toMatchObject({ outcome: { S: 'terminated' } });
      expect(closed).not.toHaveProperty('open');
    },
  );
}

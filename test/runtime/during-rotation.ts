import {
  CreateSecretCommand,
  DeleteSecretCommand,
  PutSecretValueCommand,
  UpdateSecretVersionStageCommand,
} from '@aws-sdk/client-secrets-manager';
import { createConnection } from 'mysql2/promise';
import { describe, expect, it } from 'vitest';
import { engines } from '../engines/engines.ts';
import { httpEvent } from './events.ts';
import { answered, type Stage, session } from './stage.ts';

const USER = 'runtime_rotated';
/** What the functions do while the password of their account changes. */
export function duringRotation({ cloud, open }: Stage): void {
  describe.each(engines)('during a rotation on $name', ({ name, url }) => {
    const target = `rotated-${name}`;
    const SecretId = `warden/${target}`;
    /** The account with its first password, as server and secret have it; a way to change each. */
    const prepare = async () => {
      const root = await createConnection(url ?? '');
      await root.query(`DROP USER IF EXISTS ${USER}`);
      await root.query(`CREATE USER ${USER} IDENTIFIED BY 'pw-one-7f3'`);
      await root.query(`GRANT ALL PRIVILEGES ON *.* TO ${USER}`);
      const { hostname: host, port } = new URL(url ?? '');
      const login = (password: string) =>
        JSON.stringify({ engine: 'mysql', host, port: Number(port), username: USER, password, tls: 'off' });
      const { secrets } = cloud();
      const { VersionId: first } = await secrets.send(
        new CreateSecretCommand({ Name: SecretId, SecretString: login('pw-one-7f3') }),
      );
      return {
        first,
        onServer: (password: string) => root.query(`ALTER USER ${USER} IDENTIFIED BY '${password}'`),
        pending: (password: string) =>
          secrets.send(
            new PutSecretValueCommand({ SecretId, SecretString: login(password), VersionStages: ['AWSPENDING'] }),
          ),
        /** What ends a rotation: a version that is current is not pending any more. */
        promote: async (MoveToVersionId: string | undefined, RemoveFromVersionId: string | undefined) => {
          const current = { SecretId, VersionStage: 'AWSCURRENT', MoveToVersionId, RemoveFromVersionId };
          const pending = { SecretId, VersionStage: 'AWSPENDING', RemoveFromVersionId: MoveToVersionId };
          for (const stage of [current, pending]) await secrets.send(new UpdateSecretVersionStageCommand(stage));
        },
        [Symbol.asyncDispose]: async () => {
          await root.query(`DROP USER IF EXISTS ${USER}`);
          await root.end();
          // Other tests list and plan the targets that there are.
          await secrets.send(new DeleteSecretCommand({ SecretId, ForceDeleteWithoutRecovery: true }));
        },
      };
    };

    it.skipIf(!url)(
      'log in with the pending password, with the promoted one, and with one that is new at once',
      async () => {
        await using rotation = await prepare();
        await using list = await cloud().start('list-sessions');
        const listed = async () =>
          answered(await list.invoke(httpEvent('GET', `/targets/${target}/sessions`, { target }))).statusCode;
        expect(await listed()).toBe(200);

        // The server has it, and the secret has not promoted it yet: what is current is refused with 1045.
        const { VersionId: second } = await rotation.pending('pw-two-7f3');
        await rotation.onServer('pw-two-7f3');
        expect(await listed()).toBe(200);
        const victim = await open(url);
        await using kill = await cloud().start('kill-connection');
        const killed = await kill.invoke(httpEvent('DELETE', ...session(target, victim.id)));
        expect(answered(killed)).toMatchObject({ statusCode: 200, body: { outcome: 'terminated' } });

        await rotation.promote(second, rotation.first);
        expect(await listed()).toBe(200);

        // What is kept is of before, and nothing that is pending helps.
        const { VersionId: third } = await rotation.pending('pw-three-7f3');
        await rotation.onServer('pw-three-7f3');
        await rotation.promote(third, second);
        expect(await listed()).toBe(200);

        await rotation.onServer('a password that no secret has');
        expect(await listed()).toBe(502);
        for (const password of ['pw-one-7f3', 'pw-two-7f3', 'pw-three-7f3']) expect(list.log()).not.toContain(password);
      },
    );
  });
}

import { Token } from 'aws-cdk-lib';
import type { WardenConfig } from '../lib/config.ts';
import type { SessionWardenProps } from './props.ts';

const PREFIX = /^[A-Za-z0-9/_+=.@-]{1,400}$/;

/** @throws Error for rules that tell people something, where there is no chat to tell it in */
export function checkChats({ reapers }: WardenConfig, { chatSecret }: SessionWardenProps): void {
  const talking = reapers.find(({ warn, report }) => warn !== undefined || report !== undefined);
  if (talking !== undefined && chatSecret === undefined)
    throw new Error(`config: reaper ${talking.name} has warn or report: give chatSecret, or remove them.`);
}

/** @throws Error for props that cannot mean what was wanted, with what to write */
export function checkProps(props: SessionWardenProps): void {
  const { api, secretPrefix, secretTag, chatSecret, concurrency, auditTable, auditTrail } = props;
  if (api.jwt === undefined && !api.iam) throw new Error('api: write jwt, or iam: true, or both.');
  if (api.jwt !== undefined && api.jwt.audience.length === 0)
    throw new Error('api.jwt.audience: write at least one, or any token of that issuer would do.');
  if (secretPrefix === undefined && secretTag === undefined)
    throw new Error('secretPrefix or secretTag: write at least one, or every secret of the account would be a target.');
  if (secretPrefix !== undefined && !Token.isUnresolved(secretPrefix) && !PREFIX.test(secretPrefix))
    throw new Error('secretPrefix: write 1 to 400 letters, digits and /_+=.@-');
  const name = chatSecret?.secretName;
  if (secretPrefix !== undefined && name !== undefined && !Token.isUnresolved(name) && name.startsWith(secretPrefix))
    throw new Error(`chatSecret: ${name} begins with secretPrefix, so it would be a target: give it another name.`);
  if (auditTrail && auditTable !== undefined && auditTable.tableStreamArn === undefined)
    throw new Error(
      'auditTrail: give the ARN of the stream with auditTable: Table.fromTableAttributes({ tableStreamArn }).',
    );
  const { workers = 2 } = concurrency === 'unreserved' || concurrency === undefined ? {} : concurrency;
  if (workers < 2) throw new Error('concurrency.workers: write at least 2, the least that a queue takes.');
}

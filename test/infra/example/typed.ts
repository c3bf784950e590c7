import { Duration, type Stack } from 'aws-cdk-lib';
import type { IVpc } from 'aws-cdk-lib/aws-ec2';
import { SessionWarden, type SessionWardenProps } from 'session-warden';

const props: Omit<SessionWardenProps, 'vpc'> = {
  config: 'warden.yaml',
  secretTag: { key: 'warden', value: 'yes' },
  api: { jwt: { issuer: 'https://id.example.com', audience: ['warden'] } },
  auditRetention: Duration.days(30),
};

/** Compiled by the test, not run: the types of the package serve somebody else's strict project. */
export function deploy(stack: Stack, vpc: IVpc): number {
  const { alarms, functions } = new SessionWarden(stack, 'Warden', { vpc, ...props });
  return alarms.length + (functions['kill-query']?.architecture === undefined ? 0 : 1);
}

import { Duration, type Stack } from 'aws-cdk-lib';
import type { IVpc } from 'aws-cdk-lib/aws-ec2';
import { SessionWarden, type SessionWardenProps } from 'session-warden';
import type { operations, paths, Session } from 'session-warden/api';

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

type Listed = operations['list-sessions']['responses'][200]['content']['application/json'];

/** The types of the API serve it too. */
export function users(listed: Listed, path: keyof paths): readonly Session['user'][] {
  return path === '/targets/{target}/sessions' && 'sessions' in listed ? listed.sessions.map(({ user }) => user) : [];
}

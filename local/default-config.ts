import { forPersonChannels } from '../lib/chatops/channels/channel-names.ts';
import type { WardenConfig } from '../lib/config/config.ts';
import { configSchema } from '../lib/config/config-schema.ts';

/** Members of the group `operator`, as who sits at the machine is, view and end everything, and read statements in full. */
const OPERATOR = {
  who: { group: 'operator' },
  targets: ['*'],
  privileges: ['PROCESS', 'SUPER'],
  statements: 'full',
} as const;

/** What to say of a configuration that has no access rules, with the lines to add. */
export const noRules = (
  file: string,
): string => `${file} has no access rules: the operator of one machine may do everything all the same, and nobody else anything. To say so yourself, add:
access:
  - { who: { group: operator }, targets: ['*'], privileges: [PROCESS, SUPER], statements: full }`;

/** A configuration of one machine that may lack access rules: then its operator keeps everything. */
export const withOperator = (config: WardenConfig): WardenConfig =>
  config.access.length > 0 ? config : { ...config, access: configSchema.parse({ access: [OPERATOR] }).access };

/**
 * The configuration of one machine that has no warden.yaml: members of the group `operator` view and end everything and
 * read statements in full; everybody else views and ends the sessions of the database user that bears their subject's
 * name, and reads no literals. One reaper shows what it would do with the demonstration's idle sessions, another warns of
 * one first.
 */
export const LOCAL_DEFAULT: WardenConfig = configSchema.parse({
  access: [
    OPERATOR,
    { who: { sub: '*' }, targets: ['*'], users: ['{sub}'] },
    {
      who: { group: 'asker' },
      targets: ['*'],
      privileges: ['PROCESS', 'SUPER'],
      approval: { by: { group: 'operator' } },
    },
  ],
  reapers: [
    {
      name: 'idle-demo',
      every: '1m',
      targets: ['*'],
      kill: 'connection',
      match: { idle: '1m', user: ['app', 'report', 'ada'], inTransaction: false },
      victims: 'all',
    },
    {
      name: 'warned-demo',
      every: '1h',
      targets: ['*'],
      kill: 'connection',
      match: { idle: '10s', user: ['ada'], inTransaction: false },
      victims: 'all',
      warn: { channel: 'slack:ops', before: '1m' },
      report: 'slack:ops',
    },
  ],
  // Whom `npm run chat` plays.
  chat: {
    people: [
      { subject: 'local-operator', ...forPersonChannels(({ played }) => played.operator), groups: ['operator'] },
      { subject: 'local-asker', ...forPersonChannels(({ played }) => played.asker), groups: ['asker'] },
    ],
    approvals: 'slack:ops',
    webhooks: { local: { groups: ['operator'] } },
    alerts: { local: { post: 'slack:ops', groups: ['operator'] } },
  },
});

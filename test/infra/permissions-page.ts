import { FUNCTIONS, type FunctionName } from '../../infra/function-table.ts';
import type { Permission } from './permissions.ts';

/** A wildcard and why it is there. */
export interface Wildcard {
  readonly action: string;
  readonly on: string;
  readonly reason: string;
}

const HEAD = `# What each function may do

For security reviewers. [All pages](README.md).

\`test/infra/permissions.test.ts\` writes this page from the template and fails if it differs. To update the page, run
\`npx vitest run test/infra/permissions.test.ts -u\`. Chats, the console, both APIs, a key for targets' secrets and RDS
IAM logins are on here. A deployment without them allows less. The prefix of targets is \`warden/\`. \`Audit\` and
\`State\` are tables. \`Reaps\`, \`ChatJobs\` and \`FailedEvents\` are queues. \`Key\` encrypts them all and is used
only through their services.
`;

/** The page that lists what each function may do. */
export function permissionsPage(
  permissions: ReadonlyMap<string, readonly Permission[]>,
  wildcards: readonly Wildcard[],
): string {
  const why = wildcards.map(({ action, on, reason }) => `| \`${action}\` | \`${on}\` | ${reason} |`);
  const names = [...permissions.keys()].sort();
  return `${[HEAD, '## Wildcards', '', '| action | on | why |', '|---|---|---|', ...why, ...names.flatMap((name) => section(name, permissions.get(name) ?? []))].join('\n')}\n`;
}

function section(name: string, permissions: readonly Permission[]): readonly string[] {
  const place = FUNCTIONS[name as FunctionName].inside ? 'inside' : 'outside';
  const rows = Map.groupBy(
    permissions,
    ({ effect, on, only }) => `| ${effect === 'Deny' ? '**denied** on ' : ''}\`${on}\` | ${only}`,
  );
  const lines = [...rows].map(([start, ones]) => {
    const actions = [...new Set(ones.map(({ action }) => action))].sort();
    const services = Map.groupBy(actions, (action) => action.split(':')[0]);
    const all = [...services].map(
      ([service, some]) => `${service}: ${some.map((one) => one.split(':')[1]).join(', ')}`,
    );
    return `${start} | ${all.join('; ')} |`;
  });
  return ['', `## ${name}, ${place} the VPC`, '', '| on | only | may |', '|---|---|---|', ...lines];
}

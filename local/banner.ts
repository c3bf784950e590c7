import type { Kernel } from './kernel/start-kernel.ts';

/** What `npm start` serves, and what it takes to ask for it. */
export interface Served {
  readonly address: string;
  readonly targets: readonly string[];
  /** Where audit records are kept. */
  readonly audit: string;
  /** The embedded kernel, where it runs. */
  readonly kernel: Pick<Kernel, 'port' | 'defaultsFile'> | undefined;
  /** The header that the gateway asks for; none where it asks for none. */
  readonly tokenFile: string | undefined;
}

/** Text as one word of a shell. */
const quoted = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`;

/** What `npm start` prints once it serves: where, and lines to try. */
export function banner({ address, targets, audit, kernel, tokenFile }: Served): string {
  const [target = 'local'] = targets;
  const sessions = `${address}/targets/${target}/sessions`;
  const curl = tokenFile === undefined ? 'curl -s' : `curl -s -H ${quoted(`@${tokenFile}`)}`;
  const demonstration =
    kernel === undefined
      ? []
      : [
          '  The embedded OceanBase kernel runs with demonstration sessions; an ordinary client sees them too:',
          `    mysql --defaults-extra-file=${quoted(kernel.defaultsFile)} -h 127.0.0.1 -P ${kernel.port} -u root -e 'SHOW FULL PROCESSLIST'`,
          '',
        ];
  const token =
    tokenFile === undefined
      ? []
      : ['  Only who can read that file may call; `npx warden call GET /targets` reads it by itself.', ''];
  return [
    '',
    `  Session Warden serves ${targets.join(', ')} at ${address}`,
    `  Audit records are kept in ${audit}`,
    '',
    ...demonstration,
    '  To try (ID is the id of a session in the list):',
    `    ${curl} '${sessions}'`,
    `    ${curl} -X DELETE '${sessions}/ID/query'   # cancels its statement`,
    `    ${curl} -X DELETE '${sessions}/ID'         # ends the session`,
    `    npm run --silent chat -- slack '/warden sessions ${target}'   # as from Slack, docs/chat-ops.md`,
    '',
    ...token,
    '  Ctrl-C ends everything.',
    '',
  ].join('\n');
}

/** What `npm start` prints once it serves: where, and lines to try. */
export function banner(
  address: string,
  targets: ReadonlyMap<string, string>,
  kernelPort: number | undefined,
  audit: string,
): string {
  const [target = 'local'] = targets.keys();
  const sessions = `${address}/targets/${target}/sessions`;
  const kernel =
    kernelPort === undefined
      ? []
      : [
          '  The embedded OceanBase kernel runs with demonstration sessions; an ordinary client sees them too:',
          `    mysql -h 127.0.0.1 -P ${kernelPort} -u root -e 'SHOW FULL PROCESSLIST'`,
          '',
        ];
  return [
    '',
    `  Session Warden serves ${[...targets.keys()].join(', ')} at ${address}`,
    `  Audit records are kept in ${audit}`,
    '',
    ...kernel,
    '  To try (ID is the id of a session in the list):',
    `    curl -s '${sessions}'`,
    `    curl -s -X DELETE '${sessions}/ID/query'   # cancels its statement`,
    `    curl -s -X DELETE '${sessions}/ID'         # ends the session`,
    `    npm run --silent chat -- slack '/warden sessions ${target}'   # as from Slack, docs/chat-ops.md`,
    '',
    '  Ctrl-C ends everything.',
    '',
  ].join('\n');
}

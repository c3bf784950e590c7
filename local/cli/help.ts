/** What `warden --help` prints. */
export const HELP = `warden: sees and ends database sessions, and tries reaper rules

  warden policy check FILE                                    Checks warden.yaml; names file and line of what is wrong.
  warden policy import -- <pt-kill command line>              Prints the same rule as warden.yaml.
  warden policy test --policy FILE --processlist FILE [--json]
                                                              Tries rules on a recorded process list; ends nothing.

  warden sessions [--target T] [--json] [--user U] [--command C]   Lists sessions, those longest in their command first.
  warden kill ID [--query] [--tag TAG] [--reason TEXT] [--target T]
  warden reap NAME [--enforce] [--json] [--target T]               Runs a reaper; without --enforce it ends nothing.
  warden blockers [--json] [--target T]                            Who blocks whom, roots first.
  warden stop REASON                                               Stops every kill of every kind; takes SUPER on every target.
  warden resume [REASON]                                           Ends that, whoever stopped.
  warden doctor [--grants] [--json] [--target T]                   How the server is, and what our account lacks.
  warden doctor --oceanbase [--target T]                           How an OceanBase cluster is built, for a report: versions, columns,
                                                              kinds of IDs, limits. Reads only; no names, no statements.
  warden call METHOD PATH [--body JSON]                            Asks the gateway of npm start (PORT), with its token.
  warden doctor --grants --engine E [--account USER[@HOST]]        What an account needs; E: oceanbase, mysql, mariadb,
                                                              rds-mysql, rds-mariadb. Asks no server.

  warden audit verify --trail FOLDER --table FILE [--json]         What was changed, removed or forged in a deployment's record:
                                                              compares copies of its table and of its trail. Asks no server.

Servers: DATABASE_URL (the target \`local\`), or TARGETS, a file of several. Configuration: WARDEN_CONFIG, else warden.yaml.
Exit codes: 0 done; 1 refused, failed, or something is missing; 2 the command line or a file cannot be used.
`;

/** A command line or file that cannot be used as it is; the message says what to write. Exit code 2. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/** A command line, a file or a surrounding that cannot be used as it is; the message says what to write. Exit code 2. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/** What was asked for did not succeed; the message says why. Exit code 1. */
export class Failure extends Error {
  override readonly name = 'Failure';
}

/** What `warden --help` says besides the commands. */
export const AFTER_HELP = `
Which servers:
  --api URL or WARDEN_API     a deployment, or another machine's gateway: WARDEN_TOKEN or --token-file, else requests
                              signed with the usual AWS credentials
  DATABASE_URL or TARGETS     these databases, from here; WARDEN_CONFIG or warden.yaml say who may do what
  neither                     the gateway of npm start or warden serve on this machine (PORT, 8787)

Exit codes: 0 done; 1 refused, failed, or something is missing; 2 the command line or a file cannot be used.`;

/** A command line, a file or a surrounding that cannot be used as it is; the message says what to write. Exit code 2. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/** What was asked for did not succeed; the message says why. Exit code 1. */
export class Failure extends Error {
  override readonly name = 'Failure';
}

const FURTHER: Readonly<Record<string, string>> = {
  'target-not-found': 'warden targets lists the targets; --target names one.',
};

/** The API refused or failed. */
export class Problem extends Error {
  override readonly name = 'Problem';
  /** The catalogue's; `undefined` where something before the API answered. */
  readonly code: string | undefined;
  /** As it came. */
  readonly body: object;

  constructor(status: number, body: object) {
    const said: Readonly<Record<string, unknown>> = { ...body };
    const text = (name: string): string | undefined => (typeof said[name] === 'string' ? said[name] : undefined);
    const code = text('code');
    // API Gateway itself says `message`.
    const title = text('title') ?? text('message') ?? `The server answered ${status}.`;
    super([title, text('detail'), text('hint'), FURTHER[code ?? '']].filter(Boolean).join('\n'));
    this.code = code;
    this.body = body;
  }
}

/** What `warden --help` says besides the commands. */
export const AFTER_HELP = `
Which servers:
  --api URL or WARDEN_API     a deployment, or another machine's gateway: WARDEN_TOKEN or --token-file, else requests
                              signed with the usual AWS credentials
  DATABASE_URL or TARGETS     these databases, from here; WARDEN_CONFIG or warden.yaml say who may do what
  neither                     the gateway of npm start or warden serve on this machine (PORT, 8787)

Exit codes: 0 done; 1 refused, failed, or something is missing; 2 the command line or a file cannot be used.`;

/** A command line or file that cannot be used as it is; the message says what to write. Exit code 2. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

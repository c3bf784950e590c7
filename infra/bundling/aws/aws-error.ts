/** An exception of AWS: `name` is the exception's, as in the official clients. */
export class AwsError extends Error {
  readonly $metadata: { readonly httpStatusCode: number };
  /** Milliseconds that the service asks to wait before the next try. */
  readonly retryAfter: number;

  constructor(name: string, message: string, status: number, retryAfter = 0) {
    super(message);
    this.name = name;
    this.$metadata = { httpStatusCode: status };
    this.retryAfter = retryAfter;
  }
}

import { defaultProvider } from '@aws-sdk/credential-provider-node';
import { Sha256 } from '@smithy/core/checksum';
import { SignatureV4 } from '@smithy/signature-v4';
import { UsageError } from '../help.ts';

/** A request about to be signed. */
export interface Unsigned {
  readonly method: string;
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | undefined;
}

const REGION = /\.execute-api\.([a-z0-9-]+)\.(?:vpce\.)?amazonaws\.com(?:\.cn)?$/;

function regionOf({ hostname }: URL, env: Readonly<NodeJS.ProcessEnv>): string {
  const region = REGION.exec(hostname)?.[1] ?? (env['AWS_REGION'] || env['AWS_DEFAULT_REGION']);
  if (region) return region;
  throw new UsageError(`${hostname} does not say its region: set AWS_REGION, or WARDEN_TOKEN for a bearer token`);
}

/**
 * Signs requests for API Gateway with the usual AWS credentials: environment, profile, SSO, container, instance.
 *
 * @throws UsageError where there are none
 */
export function requestSigner(
  env: Readonly<NodeJS.ProcessEnv>,
): (request: Unsigned) => Promise<Readonly<Record<string, string>>> {
  const chain = defaultProvider();
  const credentials = () =>
    chain().catch((cause: unknown) => {
      const why = cause instanceof Error ? cause.message : String(cause);
      throw new UsageError(
        `there is neither WARDEN_TOKEN nor --token-file, and the AWS credentials cannot be used: ${why}`,
      );
    });
  return async ({ method, url, headers, body }) => {
    const signer = new SignatureV4({
      service: 'execute-api',
      region: regionOf(url, env),
      credentials: await credentials(),
      sha256: Sha256,
    });
    const { headers: signed } = await signer.sign({
      method,
      protocol: url.protocol,
      hostname: url.hostname,
      path: url.pathname,
      query: Object.fromEntries(url.searchParams),
      headers: { ...headers, host: url.host },
      ...(body !== undefined && { body }),
    });
    const { host: _, ...rest } = signed;
    return rest;
  };
}

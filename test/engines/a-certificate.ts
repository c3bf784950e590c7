import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { run } from './server-process.ts';

/** A private authority, and a certificate that it gave to these names. All are files of one folder. */
export async function aCertificate(names: string): Promise<{ folder: string; ca: string; options: readonly string[] }> {
  const folder = mkdtempSync(join(tmpdir(), 'warden-tls-'));
  const openssl = (...args: readonly string[]) => run('openssl', args, { cwd: folder });
  const key = ['-newkey', 'rsa:2048', '-nodes', '-days', '2'];
  await openssl('req', '-x509', ...key, '-keyout', 'ca.key', '-out', 'ca.pem', '-subj', '/CN=Test authority');
  await openssl('req', ...key.slice(0, 3), '-keyout', 'server.key', '-out', 'server.csr', '-subj', '/CN=database');
  writeFileSync(join(folder, 'names'), `subjectAltName=${names}\n`);
  const by = ['-CA', 'ca.pem', '-CAkey', 'ca.key', '-CAcreateserial', '-extfile', 'names', '-days', '2'];
  await openssl('x509', '-req', '-in', 'server.csr', ...by, '-out', 'server.pem');
  const file = (name: string) => join(folder, name);
  const options = [`--ssl-ca=${file('ca.pem')}`, `--ssl-cert=${file('server.pem')}`, `--ssl-key=${file('server.key')}`];
  return { folder, ca: readFileSync(file('ca.pem'), 'utf8'), options };
}

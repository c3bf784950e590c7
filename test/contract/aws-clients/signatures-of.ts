import { createHash, createHmac } from 'node:crypto';
import { type Received, SECRET_KEY } from './aws-service.ts';

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');
const hmac = (key: string | Buffer, text: string): Buffer => createHmac('sha256', key).update(text).digest();

/**
 * The signature that AWS would make of a request, worked out as it documents Signature Version 4, and the one that stands in it.
 *
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
 */
export function signaturesOf({ method, path, headers, body }: Received) {
  const [, scope = '', names = '', signature] =
    /Credential=[^/]+\/([^,]+), SignedHeaders=([^,]+), Signature=(\w+)$/.exec(headers.authorization ?? '') ?? [];
  const [date = '', region = '', service = ''] = scope.split('/');
  const lines = names.split(';').map((name) => `${name}:${String(headers[name]).trim()}\n`);
  // Of every service but S3 a path is encoded once more.
  const uri = path.split('/').map(encodeURIComponent).join('/');
  const canonical = [method, uri, '', lines.join(''), names, sha256(body)].join('\n');
  const text = ['AWS4-HMAC-SHA256', headers['x-amz-date'], scope, sha256(canonical)].join('\n');
  const key = [date, region, service, 'aws4_request'].reduce<string | Buffer>(hmac, `AWS4${SECRET_KEY}`);
  return { service, region, names: names.split(';'), signature, right: hmac(key, text).toString('hex') };
}

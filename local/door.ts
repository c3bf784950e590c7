import type { IncomingMessage } from 'node:http';

/**
 * Why a request must not come in, or `undefined`. Whoever reaches this port is an operator, so a web page must not: its
 * requests bear its own `Origin`, or the name under which it had this address resolved (DNS rebinding) as `Host`.
 */
export function refusalOf(request: Pick<IncomingMessage, 'headers' | 'headersDistinct'>, port: number, peer: string) {
  if (!isLoopback(peer)) return 'it comes from another machine';
  const hosts = ['127.0.0.1', 'localhost', '[::1]'].map((name) => `${name}:${port}`);
  if (port === 80) hosts.push('127.0.0.1', 'localhost', '[::1]');
  const [host, ...moreHosts] = request.headersDistinct['host'] ?? [];
  if (host === undefined || moreHosts.length > 0 || !hosts.includes(host.toLowerCase())) {
    return `its Host is not ${hosts[0]} or ${hosts[1]}`;
  }
  const { origin } = request.headers;
  if (origin !== undefined && origin !== `http://${host.toLowerCase()}`) return 'its Origin is another site';
  const site = request.headers['sec-fetch-site'];
  if (site !== undefined && site !== 'same-origin' && site !== 'none') return 'another site sent it';
  return undefined;
}

const isLoopback = (address: string): boolean => /^(::ffff:)?127\./.test(address) || address === '::1';

import type { Tls } from './credentials.ts';

const RDS_HOST = /\.rds\.amazonaws\.com(\.cn)?\.?$/i;

/**
 * How to secure the connection to a host whose target does not say: `rds` for endpoints of Amazon RDS, whose roots no
 * public bundle holds, `on` for every other. Never `off`.
 */
export const defaultTls = (host: string): Tls => (RDS_HOST.test(host) ? 'rds' : 'on');

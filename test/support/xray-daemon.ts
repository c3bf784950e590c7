import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';

/** A segment document as X-Ray takes it. */
export interface SegmentDocument {
  readonly name: string;
  readonly id: string;
  readonly trace_id?: string;
  readonly parent_id?: string;
  readonly start_time: number;
  readonly end_time: number;
  readonly fault?: boolean;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly subsegments?: readonly SegmentDocument[];
}

/**
 * A socket that takes what the X-Ray daemon takes: a header line, and a document.
 *
 * @see https://docs.aws.amazon.com/xray/latest/devguide/xray-api-sendingdata.html#xray-api-daemon
 */
export async function startXrayDaemon() {
  const socket = createSocket('udp4');
  const taken: string[] = [];
  socket.on('message', (message) => {
    const [header = '', document = ''] = message.toString('utf8').split('\n');
    if (header !== '{"format":"json","version":1}') throw new Error(`not the daemon's header: ${header}`);
    taken.push(document);
  });
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  return {
    address: `127.0.0.1:${(socket.address() as AddressInfo).port}`,
    /** Documents as text, so that a test can search all of them. */
    taken,
    /** The next document, once it is there. */
    async next(): Promise<SegmentDocument> {
      while (taken.length === 0) await once(socket, 'message');
      return JSON.parse(taken[0] ?? '') as SegmentDocument;
    },
    stop: () => socket.close(),
  };
}

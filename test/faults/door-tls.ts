import { duplexPair } from 'node:stream';
import { type SecureContext, TLSSocket } from 'node:tls';

const SSL_REQUEST = 36;
const SSL = 0x0800;

/** A door's own end of TLS with a client. */
export interface SecureFace {
  /** What the client is spoken to through. */
  readonly socket: TLSSocket;
  /** Takes what came from the client, as it was on the wire. */
  take(bytes: Buffer): void;
}

/** Speaks TLS as the server. @param toWire - writes to the client; `ended` - the client's end of it is to be closed */
export function secureFace(
  secure: SecureContext | undefined,
  { toWire, ended }: { toWire(bytes: Buffer): void; ended(): void },
): SecureFace {
  const [near, far] = duplexPair();
  near.on('data', toWire).on('end', ended);
  const socket = new TLSSocket(far, { isServer: true, ...(secure && { secureContext: secure }) });
  socket.on('error', () => {});
  return { socket, take: (bytes) => near.write(bytes) };
}

/** The first packet of a client asks for TLS; what comes along behind it is the client's hello, or nothing. */
export const askedForTls = (bytes: Buffer): Buffer | undefined =>
  bytes.readUIntLE(0, 3) + 4 === SSL_REQUEST ? bytes.subarray(SSL_REQUEST) : undefined;

/** The server's greeting, with TLS offered whether it has it or not, since the door has. */
export function offeringTls(packet: Buffer): Buffer {
  const capabilities = packet.indexOf(0, 5) + 1 + 4 + 8 + 1;
  packet.writeUInt16LE(packet.readUInt16LE(capabilities) | SSL, capabilities);
  return packet;
}

/** A login that came through TLS, for a server that is spoken to in plain text. @param isFirst - it says what the client can */
export function inPlain(packet: Buffer, isFirst: boolean): Buffer {
  renumber(packet, -1);
  if (isFirst) packet.writeUInt16LE(packet.readUInt16LE(4) & ~SSL, 4);
  return packet;
}

/** The request for TLS counts as a packet for the client, and the server never saw it. */
export function renumber(packet: Buffer, by: 1 | -1): void {
  packet.writeUInt8((packet[3] ?? 0) + by, 3);
}

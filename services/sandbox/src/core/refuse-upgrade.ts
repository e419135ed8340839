import { STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';

/** Answers a WebSocket upgrade with an HTTP error, as AWS does: `{ "message": … }`, and the code in a header where there is one. */
export function refuseUpgrade(socket: Duplex, status: number, message: string, code?: string): void {
  // The client may be gone already; there is nobody left to tell then.
  socket.on('error', () => undefined);
  const body = JSON.stringify({ message });
  socket.end(
    [
      `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}`,
      'content-type: application/json',
      ...(code === undefined ? [] : [`x-amzn-ErrorType: ${code}`]),
      `content-length: ${Buffer.byteLength(body)}`,
      'connection: close',
      '',
      body,
    ].join('\r\n'),
  );
}

import { connect as connectTcp, isIP } from 'node:net';
import type { Duplex } from 'node:stream';
import { connect as connectTls, rootCertificates } from 'node:tls';
import { createWebSocketStream, WebSocket } from 'ws';

const [MQTT_PORT, MQTTS_PORT] = [1883, 8883];

/**
 * Opens the stream that a broker URL asks for: TCP, TLS or WebSocket. It may be written to at once.
 * @param ca PEM certificates to trust besides the system's
 */
export function openStream(url: URL, ca: string | undefined): Duplex {
  const trust = ca === undefined ? {} : { ca: [...rootCertificates, ca] };
  if (url.protocol === 'ws:' || url.protocol === 'wss:') {
    const address = new URL(url);
    address.username = '';
    address.password = '';
    const stream = createWebSocketStream(
      new WebSocket(address, 'mqtt', { perMessageDeflate: false, ...trust }),
    );
    // After a reset it would wait for its last bytes to be written, and never close.
    return stream.once('end', () => stream.destroy());
  }
  // An IPv6 address stands in brackets in a URL.
  const host = url.hostname.replace(/^\[|\]$/g, '');
  const tls = url.protocol === 'mqtts:';
  const port = url.port === '' ? (tls ? MQTTS_PORT : MQTT_PORT) : Number(url.port);
  if (!tls) return connectTcp({ host, port, noDelay: true });
  const socket = connectTls({ host, port, ...trust, ...(isIP(host) === 0 ? { servername: host } : {}) });
  socket.setNoDelay(true);
  return socket;
}

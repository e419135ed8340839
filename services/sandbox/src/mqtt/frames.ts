/** One whole MQTT control packet as bytes. */
export interface Frame {
  /** Upper four bits of the first byte: 1 CONNECT, 2 CONNACK, 3 PUBLISH, 8 SUBSCRIBE, … */
  readonly type: number;
  readonly bytes: Buffer;
}

export const FRAME = {
  connect: 1,
  connack: 2,
  publish: 3,
  subscribe: 8,
  suback: 9,
  unsubscribe: 10,
} as const;

/** Thrown for bytes that are no MQTT, and for a packet that announces more than is taken. */
export class FrameError extends Error {
  readonly code: 'MQTT_MALFORMED' | 'MQTT_TOO_LARGE';
  readonly retryable = false;
  constructor(code: 'MQTT_MALFORMED' | 'MQTT_TOO_LARGE', message: string) {
    super(message);
    this.name = 'FrameError';
    this.code = code;
  }
}

/** Cuts a stream of bytes into MQTT packets, however the bytes are chunked. */
export interface FrameSplitter {
  /** @throws FrameError; a packet that is too large is refused by its header, before its body is held. */
  push(chunk: Buffer): Frame[];
}

/** @param maxBytes whole packets over this are refused; 0 means any size */
export function createFrameSplitter(maxBytes: number): FrameSplitter {
  let parts: Buffer[] = [];
  let size = 0;
  /** How many bytes must be there before it is worth parsing again. */
  let wanted = 2;

  return {
    push(chunk) {
      parts.push(chunk);
      size += chunk.length;
      if (size < wanted) return [];
      let bytes = parts.length === 1 ? chunk : Buffer.concat(parts, size);
      const frames: Frame[] = [];
      for (;;) {
        const total = totalLength(bytes);
        if (total !== undefined && maxBytes > 0 && total > maxBytes)
          throw new FrameError('MQTT_TOO_LARGE', `packet of ${total} bytes, at most ${maxBytes} are taken`);
        wanted = total ?? bytes.length + 1;
        if (total === undefined || bytes.length < total) break;
        frames.push({ type: (bytes[0] ?? 0) >> 4, bytes: bytes.subarray(0, total) });
        bytes = bytes.subarray(total);
      }
      parts = bytes.length === 0 ? [] : [bytes];
      size = bytes.length;
      return frames;
    },
  };
}

/** Length of the packet that begins here, or undefined while its header is not complete. */
function totalLength(bytes: Buffer): number | undefined {
  let remaining = 0;
  for (let i = 1; i <= 4; i++) {
    const byte = bytes[i];
    if (byte === undefined) return undefined;
    remaining += (byte & 0x7f) * 128 ** (i - 1);
    if (byte < 0x80) return 1 + i + remaining;
  }
  throw new FrameError('MQTT_MALFORMED', 'the length of the packet takes more than four bytes');
}

/** Thrown for bytes that are not MQTT as the standards have it. The connection is of no use after that. */
export class MqttProtocolError extends Error {
  readonly code = 'MQTT_PROTOCOL';
  readonly retryable = true;
  constructor(message: string) {
    super(message);
    this.name = 'MqttProtocolError';
  }
}

const encoder = new TextEncoder();
const decoder = new TextDecoder('utf-8', { fatal: true });

/** A field of a packet, encoded: a two-byte integer. */
export function uint16(value: number): Uint8Array {
  return Uint8Array.of((value >> 8) & 0xff, value & 0xff);
}

/** UTF-8 with its length before it; at most 65,535 bytes. */
export function text(value: string): Uint8Array {
  const bytes = encoder.encode(value);
  if (bytes.length > 0xffff)
    throw new MqttProtocolError('a text of more than 65,535 bytes does not fit into MQTT');
  return concat([uint16(bytes.length), bytes]);
}

/** A variable byte integer: seven bits per byte, lowest first. */
export function varint(value: number): Uint8Array {
  const bytes: number[] = [];
  let rest = value;
  do {
    const low = rest % 128;
    rest = Math.floor(rest / 128);
    bytes.push(rest > 0 ? low | 0x80 : low);
  } while (rest > 0);
  return Uint8Array.from(bytes);
}

export function concat(parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(parts.reduce((length, part) => length + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

/** Reads the fields of one packet in their order. Every read past the end is a protocol error. */
export class FieldReader {
  readonly #bytes: Uint8Array;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  get left(): number {
    return this.#bytes.length - this.#at;
  }

  take(length: number): Uint8Array {
    if (length > this.left) throw new MqttProtocolError('a packet ends in the middle of a field');
    this.#at += length;
    return this.#bytes.subarray(this.#at - length, this.#at);
  }

  uint8(): number {
    return this.take(1)[0] ?? 0;
  }

  uint16(): number {
    return this.uint8() * 256 + this.uint8();
  }

  text(): string {
    const bytes = this.take(this.uint16());
    try {
      return decoder.decode(bytes);
    } catch {
      throw new MqttProtocolError('a text field is not UTF-8');
    }
  }

  varint(): number {
    let value = 0;
    for (let scale = 1; scale <= 128 ** 3; scale *= 128) {
      const byte = this.uint8();
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) return value;
    }
    throw new MqttProtocolError('a variable byte integer has more than four bytes');
  }

  rest(): Uint8Array {
    return this.take(this.left);
  }
}

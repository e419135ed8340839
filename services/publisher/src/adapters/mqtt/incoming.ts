import { asError } from '@stepcast/kit';
import { parser, type Packet, type Parser } from 'mqtt-packet';

/** Payloads have at most 128 KB; a broker that announces a packet beyond this sends nonsense. */
export const MAX_INCOMING_BYTES = 1024 * 1024;

/** PUBACK as its first byte, and the reason codes of a message that was taken: by somebody, or by nobody. */
const PUBACK = 0x40;
const [SUCCESS, NO_SUBSCRIBERS] = [0x00, 0x10];

export interface IncomingHandlers {
  /** A message was acknowledged: a PUBACK without any reason to refuse it. */
  readonly onTaken: (packetId: number) => void;
  /** Any other packet. */
  readonly onPacket: (packet: Packet) => void;
  /** The bytes are no MQTT. The connection is of no use after that. */
  readonly onError: (error: Error) => void;
}

/**
 * Reads what a broker sends. Whole packets go to the parser of `mqtt-packet`, but for the plain PUBACK: nearly every
 * packet is one, and it is read by hand.
 */
export class Incoming {
  readonly #handlers: IncomingHandlers;
  readonly #withReasons: boolean;
  readonly #parser: Parser;
  /** A packet whose end has not come. */
  #rest: Buffer | undefined;
  #failed = false;

  constructor(protocolVersion: 4 | 5, handlers: IncomingHandlers) {
    this.#handlers = handlers;
    this.#withReasons = protocolVersion === 5;
    this.#parser = parser({ protocolVersion });
    this.#parser.on('packet', (packet) => {
      if (!this.#failed) handlers.onPacket(packet);
    });
    this.#parser.on('error', (error: unknown) => {
      this.#fail(asError(error));
    });
  }

  push(chunk: Buffer): void {
    const bytes = this.#rest === undefined ? chunk : Buffer.concat([this.#rest, chunk]);
    let at = 0;
    while (at < bytes.length && !this.#failed) {
      const acknowledged = this.#plainAckEnd(bytes, at);
      if (acknowledged !== undefined) {
        this.#handlers.onTaken(bytes.readUInt16BE(at + 2));
        at = acknowledged;
        continue;
      }
      const end = this.#packetEnd(bytes, at);
      if (end === undefined || end > bytes.length) break;
      this.#parse(bytes.subarray(at, end));
      at = end;
    }
    this.#rest = at === bytes.length || this.#failed ? undefined : bytes.subarray(at);
  }

  /** Where the plain PUBACK ends that begins at `at`; `undefined` when there is none. */
  #plainAckEnd(bytes: Buffer, at: number): number | undefined {
    if (bytes[at] !== PUBACK) return undefined;
    const length = bytes[at + 1];
    if (length === 2) return at + 4 <= bytes.length ? at + 4 : undefined;
    if (length !== 3 || !this.#withReasons) return undefined;
    const reason = bytes[at + 4];
    return reason === SUCCESS || reason === NO_SUBSCRIBERS ? at + 5 : undefined;
  }

  /** Where the packet ends that begins at `at`; `undefined` when its header has not come whole. */
  #packetEnd(bytes: Buffer, at: number): number | undefined {
    let length = 0;
    for (let index = 1; index <= 4; index += 1) {
      const byte = bytes[at + index];
      if (byte === undefined) return undefined;
      length += (byte & 0x7f) << (7 * (index - 1));
      if (byte > 0x7f) continue;
      if (length > MAX_INCOMING_BYTES)
        this.#fail(new Error(`the broker announced a packet of ${length} bytes`));
      return at + 1 + index + length;
    }
    this.#fail(new Error('the length of a packet has more than four bytes'));
    return undefined;
  }

  #parse(packet: Buffer): void {
    try {
      this.#parser.parse(packet);
    } catch (thrown) {
      // The parser reads past the end of some packets whose fields are longer than they are.
      this.#fail(asError(thrown));
    }
  }

  #fail(error: Error): void {
    if (this.#failed) return;
    this.#failed = true;
    this.#rest = undefined;
    this.#handlers.onError(error);
  }
}

import type { Duplex } from 'node:stream';

const SLAB_BYTES = 64 * 1024;

/**
 * What goes out to a broker. What is reserved within one turn of the event loop goes out in one write: a write of its own
 * for each packet would cost more than all else that is done for it.
 */
export class Outgoing {
  readonly #stream: Duplex;
  #slab = Buffer.allocUnsafeSlow(SLAB_BYTES);
  /** Bytes of the slab before it are with the stream. */
  #from = 0;
  #to = 0;
  #flushing = false;
  #flushes = 0;

  constructor(stream: Duplex) {
    this.#stream = stream;
  }

  /** Where reserved bytes are to be written. Changes with {@link reserve}. */
  get slab(): Buffer {
    return this.#slab;
  }

  /** Writes to the stream so far, for the keep-alive. */
  get flushes(): number {
    return this.#flushes;
  }

  /** Makes room for a packet, which is to be written into the slab before this turn ends. @returns where it begins */
  reserve(bytes: number): number {
    if (this.#to + bytes > this.#slab.length) {
      this.#write();
      // Again: the stream may have taken everything, and left the slab free.
      if (this.#to + bytes > this.#slab.length) {
        this.#slab = Buffer.allocUnsafeSlow(Math.max(SLAB_BYTES, bytes));
        this.#from = 0;
        this.#to = 0;
      }
    }
    const at = this.#to;
    this.#to += bytes;
    if (!this.#flushing) {
      this.#flushing = true;
      setImmediate(this.#flush);
    }
    return at;
  }

  send(packet: Uint8Array): void {
    const at = this.reserve(packet.length);
    this.#slab.set(packet, at);
  }

  /** Sends the last packet, and ends the stream. */
  end(packet: Uint8Array): void {
    this.send(packet);
    this.#write();
    this.#stream.end();
  }

  readonly #flush = (): void => {
    this.#flushing = false;
    this.#write();
  };

  #write(): void {
    if (this.#to === this.#from) return;
    if (this.#stream.writable) this.#stream.write(this.#slab.subarray(this.#from, this.#to));
    this.#flushes += 1;
    this.#from = this.#to;
    // The kernel has it all, so that nobody reads the slab any more.
    if (this.#stream.writableLength > 0) return;
    this.#from = 0;
    this.#to = 0;
  }
}

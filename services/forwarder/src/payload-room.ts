/** Why a payload is to be sent again. */
export type NoRoom = 'full' | 'stopping';

export interface PayloadRoomOptions {
  /** Payloads in hand at a time. */
  readonly maxPayloads: number;
  /**
   * What they may take together as they come in, compressed, for nothing else is known of them yet. Decoded, records of
   * tests took 9 to 17 times as much of the heap. One alone may take more.
   */
  readonly maxBytes: number;
  /** Called for each payload that finds no room. */
  readonly onNoRoom: (reason: NoRoom) => void;
}

/** Bounds what is in hand of payloads, in number and bytes. */
export interface PayloadRoom {
  /** Reserves room. @returns what gives it back, once; undefined when there is none, or the room is closed */
  enter(bytes: number): (() => void) | undefined;
  /** Takes no more. */
  close(): void;
}

export function createPayloadRoom({ maxPayloads, maxBytes, onNoRoom }: PayloadRoomOptions): PayloadRoom {
  let payloads = 0;
  let inHandBytes = 0;
  let closed = false;

  return {
    enter(bytes) {
      if (closed || payloads >= maxPayloads || (payloads > 0 && inHandBytes + bytes > maxBytes)) {
        onNoRoom(closed ? 'stopping' : 'full');
        return undefined;
      }
      payloads += 1;
      inHandBytes += bytes;
      let isInHand = true;
      return () => {
        if (!isInHand) return;
        isInHand = false;
        payloads -= 1;
        inHandBytes -= bytes;
      };
    },

    close() {
      closed = true;
    },
  };
}

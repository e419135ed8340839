/** Something that takes subscription payloads, in the process that is measured. */
export interface Path {
  /** Resolves when everything in the payload is taken care of. @param data gzipped and in base64, as it comes */
  offer(data: string): Promise<void>;
  /** Resolves when nothing is under way any more. */
  idle(): Promise<void>;
  /** Of what went to the broker so far. */
  sent(): Sent;
  /** When the broker acknowledged the last message of events, in milliseconds of `performance.now()`. */
  lastAckMs(): number;
  stop(): Promise<void>;
}

export interface Sent {
  readonly messages: number;
  /** Of payloads. */
  readonly bytes: number;
  /** Of these, messages of events topics. */
  readonly eventMessages: number;
}

export const NOTHING_SENT: Sent = { messages: 0, bytes: 0, eventMessages: 0 };

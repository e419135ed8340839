/** Something that takes subscription payloads, in the process that is measured. */
export interface Path {
  /** Resolves when the broker has acknowledged what came of the payload, or a queue has it. @param data gzipped and in base64, as it comes */
  offer(data: string): Promise<void>;
  /** What went to the broker so far, where that is counted. */
  sent(): Sent;
  stop(): Promise<void>;
}

export interface Sent {
  readonly messages: number;
  /** Of payloads. */
  readonly bytes: number;
  /** Of these, messages of events topics. */
  readonly eventMessages: number;
  /** When the last of these was acknowledged, in milliseconds of `performance.now()`; undefined where that is not known. */
  readonly lastEventsMs: number | undefined;
}

export const NOTHING_SENT: Sent = { messages: 0, bytes: 0, eventMessages: 0, lastEventsMs: undefined };

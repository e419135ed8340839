import { hash } from 'node:crypto';
import type { Epoch, UploadId } from '@stepcast/contracts';

/*
 * One trace for each version of an upload, from the S3 event to the MQTT message. Its ID and those of its spans follow from what every
 * service knows of a stream, so no hop has to pass them on: neither messages of queues nor journal items carry any.
 */

/** What a service did for an upload: the names of the spans. */
export type Hop =
  /** The root: from the S3 event until the stream of the upload has begun. */
  | 'upload taken'
  /** Managed mode: the call that starts the execution. */
  | 'workflow started'
  /** From the oldest log event of a batch until the correlator has it: CloudWatch Logs, forwarder, events queue. */
  | 'batch forwarded'
  /** The write of an entry to the journal. */
  | 'entry written'
  /** From there until the next hop has it: the broker, or the progress queue. */
  | 'handed over'
  /** From the publisher's taking it until PUBACK. */
  | 'published';

/** Which stream a trace is of. */
export interface TracedStream {
  readonly uploadId: UploadId;
  readonly epoch: Epoch;
}

/** The trace of a stream: 32 hexadecimal digits, SHA-256 over `trace`, upload ID and epoch, cut. */
export function traceIdOf({ uploadId, epoch }: TracedStream): string {
  return hash('sha256', `trace\n${uploadId}\n${epoch}`, 'hex').slice(0, 32);
}

/**
 * A span of a trace: 16 hexadecimal digits. What is done again has the same ID, so a store of traces keeps it once.
 * @param which which of several of this hop: the first offset of an entry, or what names a batch
 */
export function spanIdOf(traceId: string, hop: Hop, which: string | number = ''): string {
  return hash('sha256', `${traceId}\n${hop}\n${which}`, 'hex').slice(0, 16);
}

/**
 * Whether a trace is among the share that is recorded. Services with the same share agree.
 * @param share 0 to 1
 */
export function isTraced(traceId: string, share: number): boolean {
  return Number.parseInt(traceId.slice(-8), 16) < share * 2 ** 32;
}

/** The header `traceparent` of W3C Trace Context, level 1: version 00, sampled. 55 characters. */
export function traceparentOf(traceId: string, spanId: string): string {
  return `00-${traceId}-${spanId}-01`;
}

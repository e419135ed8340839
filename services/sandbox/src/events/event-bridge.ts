import { partitionOf } from '@stepcast/contracts';
/** What every event carries besides its detail. */
export interface EventEnvelope {
  /** A UUID of its own for each event; a redelivery has the same one. */
  readonly id: string;
  readonly accountId: string;
  readonly region: string;
}

/** One stored object, as S3 tells of it. */
export interface ObjectCreatedInput {
  readonly bucket: string;
  /** As it is in S3. EventBridge carries it raw; only S3's own notifications encode it. */
  readonly key: string;
  readonly size: number;
  /** Without quotes. */
  readonly etag: string;
  /** Absent for a bucket without versions. */
  readonly versionId?: string | undefined;
  /** Hex. */
  readonly sequencer: string;
  readonly requestId: string;
  readonly sourceIp: string;
  readonly reason: string;
  /** Milliseconds since the epoch. */
  readonly atMs: number;
}

/** `detail` of a status change, whole; only what the envelope needs of it is named here. */
export interface StatusChangeInput {
  readonly executionArn: string;
  /** Milliseconds since the epoch. */
  readonly startDate: number;
  readonly stopDate: number | null;
}

export interface EventBridgeEvent {
  readonly version: '0';
  readonly id: string;
  readonly 'detail-type': string;
  readonly source: string;
  readonly account: string;
  /** In whole seconds, as EventBridge has it. */
  readonly time: string;
  readonly region: string;
  readonly resources: readonly string[];
  readonly detail: object;
}

function wholeSeconds(atMs: number): string {
  return `${new Date(atMs).toISOString().slice(0, 19)}Z`;
}

function eventOf(
  envelope: EventEnvelope,
  event: Pick<EventBridgeEvent, 'detail-type' | 'source' | 'resources' | 'detail'> & {
    readonly atMs: number;
  },
): EventBridgeEvent {
  return {
    version: '0',
    id: envelope.id,
    'detail-type': event['detail-type'],
    source: event.source,
    account: envelope.accountId,
    time: wholeSeconds(event.atMs),
    region: envelope.region,
    resources: event.resources,
    detail: event.detail,
  };
}

/**
 * The EventBridge event "Object Created".
 * Source: AWS, "EventBridge events reference: Amazon S3". `requester` is the account, never the user.
 */
export function objectCreatedEvent(envelope: EventEnvelope, created: ObjectCreatedInput): EventBridgeEvent {
  return eventOf(envelope, {
    'detail-type': 'Object Created',
    source: 'aws.s3',
    atMs: created.atMs,
    resources: [`arn:${partitionOf(envelope.region)}:s3:::${created.bucket}`],
    detail: {
      version: '0',
      bucket: { name: created.bucket },
      object: {
        key: created.key,
        size: created.size,
        etag: created.etag,
        ...(created.versionId === undefined ? {} : { 'version-id': created.versionId }),
        sequencer: created.sequencer,
      },
      'request-id': created.requestId,
      requester: envelope.accountId,
      'source-ip-address': created.sourceIp,
      reason: created.reason,
    },
  });
}

/**
 * The EventBridge event "Step Functions Execution Status Change"; its time is when the execution stopped, or started.
 * Source: AWS, "Automating Step Functions event delivery with EventBridge".
 */
export function statusChangeEvent(envelope: EventEnvelope, detail: StatusChangeInput): EventBridgeEvent {
  return eventOf(envelope, {
    'detail-type': 'Step Functions Execution Status Change',
    source: 'aws.states',
    atMs: detail.stopDate ?? detail.startDate,
    resources: [detail.executionArn],
    detail,
  });
}

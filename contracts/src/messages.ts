import * as z from 'zod/mini';
import { CatchUpReply, CatchUpRequest } from './catch-up.ts';
import { CorrelationData } from './correlation.ts';
import { Instant, ProgressData } from './progress.ts';
import { Overview, UploadState } from './state.ts';

/** Every MQTT message is one CloudEvent 1.0 in JSON structured mode with this content type. */
export const CLOUDEVENTS_CONTENT_TYPE = 'application/cloudevents+json';

/** AWS IoT Core closes the connection over a larger payload (128 KB). */
export const MAX_MESSAGE_BYTES = 128 * 1024;
/** The overview stays under half of that. */
export const MAX_OVERVIEW_BYTES = 64 * 1024;

/** CloudEvents `type` of each message. The version is part of it. */
export const MESSAGE_TYPES = {
  progress: 'dev.stepcast.progress.v1',
  state: 'dev.stepcast.state.v1',
  overview: 'dev.stepcast.overview.v1',
  catchUpRequest: 'dev.stepcast.catch-up-request.v1',
  catchUpReply: 'dev.stepcast.catch-up-reply.v1',
  correlation: 'dev.stepcast.correlation.v1',
} as const;

function cloudEvent<Type extends string, Data extends z.core.SomeType>(type: Type, data: Data) {
  return z.object({
    specversion: z.literal('1.0'),
    /** Unique for the source; the same id means the same message, sent again. */
    id: z.string().check(z.minLength(1), z.maxLength(256)),
    type: z.literal(type),
    time: Instant,
    /** ARN of the state machine, or the name of the sender where no workflow is involved. */
    source: z.string().check(z.minLength(1)),
    /** `s3://bucket/key` of the upload, where there is one. */
    subject: z.optional(z.string()),
    datacontenttype: z.literal('application/json'),
    data,
  });
}

/** Progress events of one upload, on the topic `events`. Its `id` is `progressMessageId`. */
export const ProgressMessage = cloudEvent(MESSAGE_TYPES.progress, ProgressData);
export type ProgressMessage = z.infer<typeof ProgressMessage>;
/** The folded state of one upload, on the retained topic `state`. */
export const StateMessage = cloudEvent(MESSAGE_TYPES.state, UploadState);
export type StateMessage = z.infer<typeof StateMessage>;
/** The newest uploads of an identity, on the retained topic `overview`. */
export const OverviewMessage = cloudEvent(MESSAGE_TYPES.overview, Overview);
export type OverviewMessage = z.infer<typeof OverviewMessage>;
/** A client asks for what it missed, on the topic `requests` of its session. */
export const CatchUpRequestMessage = cloudEvent(MESSAGE_TYPES.catchUpRequest, CatchUpRequest);
export type CatchUpRequestMessage = z.infer<typeof CatchUpRequestMessage>;
/** One page of the answer to a catch-up request, on the topic `replies` of the session that asked. */
export const CatchUpReplyMessage = cloudEvent(MESSAGE_TYPES.catchUpReply, CatchUpReply);
export type CatchUpReplyMessage = z.infer<typeof CatchUpReplyMessage>;

/**
 * For back offices, where the deployment has the feed: an upload, or an execution of one. In EventBridge it is the `detail`. Its `id`
 * is `correlationMessageId`.
 */
export const CorrelationMessage = cloudEvent(MESSAGE_TYPES.correlation, CorrelationData);
export type CorrelationMessage = z.infer<typeof CorrelationMessage>;

/** `id` of a progress message: `{uploadId}:{epoch}:{firstOffset}-{lastOffset}`. */
export function progressMessageId(
  data: Pick<ProgressData, 'uploadId' | 'epoch' | 'firstOffset' | 'lastOffset'>,
): string {
  return `${data.uploadId}:${data.epoch}:${data.firstOffset}-${data.lastOffset}`;
}

/** The `s3://bucket/key` form of an object address, as it stands in `subject`. */
export function subjectOf(bucket: string, key: string): string {
  return `s3://${bucket}/${key}`;
}

/** The object address in a `subject`; undefined where that is none. The reverse of {@link subjectOf}. */
export function addressOf(subject: string): { readonly bucket: string; readonly key: string } | undefined {
  const scheme = 's3://';
  const slash = subject.indexOf('/', scheme.length);
  if (!subject.startsWith(scheme) || slash <= scheme.length || slash === subject.length - 1) return undefined;
  return { bucket: subject.slice(scheme.length, slash), key: subject.slice(slash + 1) };
}

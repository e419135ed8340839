import { IdentityId } from '@stepcast/contracts';
import * as z from 'zod';

/**
 * The shapes in which an upload shows itself, inside an execution's input as well as on the uploads queue. All of them
 * tolerate unknown keys. Sources: S3 user guide "Event message structure" and "EventBridge event message structure";
 * CloudTrail user guide "userIdentity element".
 */

const text = z.string().min(1);
/** Absent, null and empty all mean that nothing is said. */
const maybe = text.nullish().catch(undefined);

/** `detail` of an EventBridge `Object Created` event. The key is raw: it must not be decoded again. */
export const ObjectCreatedDetail = z.object({
  bucket: z.object({ name: text }),
  object: z.object({
    key: text,
    size: z.number().nullish(),
    etag: maybe,
    'version-id': maybe,
    sequencer: maybe,
  }),
  reason: z.string().nullish(),
});

export const ObjectCreatedEvent = z.object({
  source: z.literal('aws.s3'),
  'detail-type': z.literal('Object Created'),
  time: z.iso.datetime({ offset: true }),
  detail: ObjectCreatedDetail,
});

/** One record of an S3 notification. The key is URL-encoded as forms are. */
export const S3NotificationRecord = z.object({
  eventSource: z.literal('aws:s3'),
  eventName: z.string().nullish(),
  eventTime: z.iso.datetime({ offset: true }).nullish().catch(undefined),
  s3: z.object({
    bucket: z.object({ name: text }),
    object: z.object({
      key: text,
      size: z.number().nullish(),
      eTag: maybe,
      versionId: maybe,
      sequencer: maybe,
    }),
  }),
});

/** Sent once when a notification is set up; there is no object behind it. */
export const S3TestEvent = z.object({ Event: z.literal('s3:TestEvent') });

/**
 * A CloudTrail record of a call to S3, as far as it says who called. Refused calls are recorded as well: only what
 * {@link hasWritten} takes says anything about an object.
 */
export const CloudTrailRecord = z.object({
  eventSource: z.literal('s3.amazonaws.com'),
  eventName: text,
  /** Only there when S3 refused the call. */
  errorCode: z.unknown().optional(),
  errorMessage: z.unknown().optional(),
  eventTime: z.iso.datetime({ offset: true }).nullish().catch(undefined),
  userIdentity: z.object({
    sessionContext: z
      .object({
        webIdFederationData: z
          .object({
            federatedProvider: z.string().nullish(),
            attributes: z.record(z.string(), z.unknown()).nullish(),
          })
          .nullish(),
      })
      .nullish(),
  }),
  requestParameters: z.object({ bucketName: text, key: text }),
  responseElements: z.object({ 'x-amz-version-id': maybe }).nullish().catch(undefined),
});

/** EventBridge's wrapping of it. */
export const CloudTrailEvent = z.object({
  'detail-type': z.literal('AWS API Call via CloudTrail'),
  detail: CloudTrailRecord,
});

/** The calls after which an object has another content: each names it in `requestParameters` as its target. */
const WRITES: ReadonlySet<string> = new Set([
  'PutObject',
  'PostObject',
  'CopyObject',
  'CompleteMultipartUpload',
]);

/**
 * Whether a call wrote the object that it names. Anybody can have a call recorded that S3 refused, on the key of
 * anybody else, and reading or deleting an object makes nobody its uploader.
 */
export function hasWritten(record: z.output<typeof CloudTrailRecord>): boolean {
  const isSaid = (value: unknown) => value !== undefined && value !== null && value !== '';
  return WRITES.has(record.eventName) && !isSaid(record.errorCode) && !isSaid(record.errorMessage);
}

const COGNITO_SUB = 'cognito-identity.amazonaws.com:sub';

/** The identity that the caller's session was issued to, if CloudTrail says so. */
export function callerOf(record: z.output<typeof CloudTrailRecord>): IdentityId | undefined {
  const federation = record.userIdentity.sessionContext?.webIdFederationData;
  if (federation?.federatedProvider !== 'cognito-identity.amazonaws.com') return undefined;
  return IdentityId.safeParse(federation.attributes?.[COGNITO_SUB]).data;
}

/** Decodes the key of an S3 notification: `+` is a space, `%XX` are bytes of UTF-8. Undefined when it is not so encoded. */
export function decodeNotificationKey(key: string): string | undefined {
  try {
    return decodeURIComponent(key.replaceAll('+', ' '));
  } catch {
    return undefined;
  }
}

import type * as z from 'zod';
import type { UploadedObject } from './evidence.ts';
import {
  decodeNotificationKey,
  type CloudTrailRecord,
  type ObjectCreatedDetail,
  type S3NotificationRecord,
} from './schemas.ts';

function milliseconds(time: string | null | undefined): number | null {
  if (time === null || time === undefined) return null;
  const parsed = Date.parse(time);
  return Number.isNaN(parsed) ? null : parsed;
}

/** @param time of the event around it, when there is one */
export function objectOfDetail(
  detail: z.output<typeof ObjectCreatedDetail>,
  time: string | undefined,
): UploadedObject {
  return {
    bucket: detail.bucket.name,
    key: detail.object.key,
    versionId: detail.object['version-id'] ?? undefined,
    etag: detail.object.etag ?? undefined,
    sequencer: detail.object.sequencer ?? undefined,
    sizeBytes: detail.object.size ?? undefined,
    createdMs: milliseconds(time),
  };
}

/** @returns undefined when the key is not encoded as S3 does it */
export function objectOfNotification(
  record: z.output<typeof S3NotificationRecord>,
): UploadedObject | undefined {
  const key = decodeNotificationKey(record.s3.object.key);
  if (key === undefined) return undefined;
  return {
    bucket: record.s3.bucket.name,
    key,
    versionId: record.s3.object.versionId ?? undefined,
    etag: record.s3.object.eTag ?? undefined,
    sequencer: record.s3.object.sequencer ?? undefined,
    sizeBytes: record.s3.object.size ?? undefined,
    createdMs: milliseconds(record.eventTime),
  };
}

export function objectOfCloudTrail(record: z.output<typeof CloudTrailRecord>): UploadedObject {
  return {
    bucket: record.requestParameters.bucketName,
    key: record.requestParameters.key,
    versionId: record.responseElements?.['x-amz-version-id'] ?? undefined,
    createdMs: milliseconds(record.eventTime),
  };
}

import { ExecutionArn, parseJson, parseValue, type ParseIssue, type ParseResult } from '@stepcast/contracts';
import {
  callerOf,
  CloudTrailEvent,
  hasWritten,
  ObjectCreatedEvent,
  objectOfCloudTrail,
  objectOfDetail,
  objectOfNotification,
  S3NotificationRecord,
  S3TestEvent,
  summariseError,
} from '@stepcast/wire';
import * as z from 'zod';
import type { StatusNotice, UploadNotice } from '../domain/notices.ts';

export { parseRecordBatch } from '@stepcast/wire';

const EventBridgeKind = z.object({ source: z.string(), 'detail-type': z.string() });
const SnsEnvelope = z.object({ Type: z.literal('Notification'), Message: z.string() });
const Records = z.object({ Records: z.array(z.unknown()).min(1) });

function within(path: string, issues: readonly ParseIssue[]): ParseIssue[] {
  return issues.map((issue) => ({ ...issue, path: `${path}${issue.path.slice(1)}` }));
}

function noticeOfRecord(record: unknown, index: number): ParseResult<UploadNotice> {
  const parsed = parseValue(S3NotificationRecord, record);
  if (!parsed.ok) return { ok: false, issues: within(`$.Records.${index}`, parsed.issues) };
  const { eventName } = parsed.value;
  if (eventName !== null && eventName !== undefined && !eventName.startsWith('ObjectCreated:'))
    return { ok: true, value: { kind: 'ignored', reason: 'notAnUpload' } };
  const object = objectOfNotification(parsed.value);
  if (object === undefined) {
    const path = `$.Records.${index}.s3.object.key`;
    return { ok: false, issues: [{ path, problem: 'not URL-encoded as S3 does it' }] };
  }
  return { ok: true, value: { kind: 'created', object, input: JSON.stringify({ Records: [record] }) } };
}

function noticeOfEvent(event: unknown, body: string): ParseResult<UploadNotice> | undefined {
  const kind = parseValue(EventBridgeKind, event);
  if (!kind.ok) return undefined;
  if (kind.value['detail-type'] === 'AWS API Call via CloudTrail') {
    const call = parseValue(CloudTrailEvent, event);
    if (!call.ok) return { ok: false, issues: call.issues };
    if (kind.value.source !== 'aws.s3' || !hasWritten(call.value.detail))
      return { ok: true, value: { kind: 'ignored', reason: 'notAnUpload' } };
    const identityId = callerOf(call.value.detail);
    if (identityId === undefined) return { ok: true, value: { kind: 'ignored', reason: 'noCaller' } };
    return { ok: true, value: { kind: 'caller', object: objectOfCloudTrail(call.value.detail), identityId } };
  }
  if (kind.value['detail-type'] !== 'Object Created')
    return { ok: true, value: { kind: 'ignored', reason: 'notAnUpload' } };
  const created = parseValue(ObjectCreatedEvent, event);
  if (!created.ok) return { ok: false, issues: created.issues };
  const object = objectOfDetail(created.value.detail, created.value.time);
  return { ok: true, value: { kind: 'created', object, input: body } };
}

/**
 * What a message of the uploads queue says: EventBridge's `Object Created`, an S3 notification (alone or through SNS), a
 * CloudTrail data event. Each record of a notification is read by itself, so that one that is broken does not take
 * its neighbours along.
 */
export function parseUploadMessage(body: string): ParseResult<UploadNotice>[] {
  const parsed = parseJson(z.unknown(), body);
  if (!parsed.ok) return [parsed];
  const sns = parseValue(SnsEnvelope, parsed.value);
  if (sns.ok) return parseUploadMessage(sns.value.Message);
  if (parseValue(S3TestEvent, parsed.value).ok)
    return [{ ok: true, value: { kind: 'ignored', reason: 'testEvent' } }];
  const records = parseValue(Records, parsed.value);
  if (records.ok) return records.value.Records.map(noticeOfRecord);
  return [
    noticeOfEvent(parsed.value, body) ?? {
      ok: false,
      issues: [
        { path: '$', problem: 'neither an EventBridge event, an S3 notification nor a CloudTrail event' },
      ],
    },
  ];
}

/** Milliseconds as a number, or a moment as ISO text: EventBridge's own documentation has both. */
const Moment = z
  .union([z.number(), z.iso.datetime({ offset: true }).transform((text) => Date.parse(text))])
  .nullish()
  .transform((value) => value ?? null);
const maybe = z
  .string()
  .nullish()
  .transform((text) => text ?? undefined);

const StatusChange = z.object({
  source: z.literal('aws.states'),
  'detail-type': z.literal('Step Functions Execution Status Change'),
  detail: z.object({
    executionArn: ExecutionArn,
    status: z.enum(['RUNNING', 'SUCCEEDED', 'FAILED', 'TIMED_OUT', 'ABORTED', 'PENDING_REDRIVE']),
    startDate: Moment,
    stopDate: Moment,
    redriveDate: Moment,
    redriveCount: z
      .number()
      .int()
      .min(0)
      .nullish()
      .transform((count) => count ?? 0),
    input: maybe,
    error: maybe,
    cause: maybe,
  }),
});

const statuses = {
  RUNNING: 'running',
  SUCCEEDED: 'succeeded',
  FAILED: 'failed',
  TIMED_OUT: 'timedOut',
  ABORTED: 'aborted',
} as const;

/** What a message of the status queue says; `ignored` for a status that says nothing new. */
export function parseStatusMessage(body: string): ParseResult<StatusNotice | 'ignored'> {
  const parsed = parseJson(StatusChange, body);
  if (!parsed.ok) return parsed;
  const { detail } = parsed.value;
  if (detail.status === 'PENDING_REDRIVE') return { ok: true, value: 'ignored' };
  return {
    ok: true,
    value: {
      executionArn: detail.executionArn,
      input: detail.input,
      fact: {
        status: statuses[detail.status],
        redriveCount: detail.redriveCount,
        startMs: detail.startDate,
        stopMs: detail.stopDate,
        redriveMs: detail.redriveDate,
        error: summariseError(detail.error, detail.cause),
      },
    },
  };
}

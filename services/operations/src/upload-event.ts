import { epochOf, isObject, readJson, type Epoch } from '@stepcast/contracts';
import * as z from 'zod';

/** The object that an event of S3 is about, and the event's two forms of naming its version. */
export interface UploadEvent {
  readonly bucket: string;
  /** Decoded. */
  readonly key: string;
  readonly etag: string | undefined;
  readonly sequencer: string | undefined;
  readonly versionId: string | undefined;
  /** The same event about a version of its own, at another time. JSON text. */
  withVersion(sequencer: string, atMs: number): string;
}

const Text = z.string().min(1);
const Maybe = z.string().nullish();
const EventBridge = z.looseObject({
  'detail-type': z.literal('Object Created'),
  detail: z.looseObject({
    bucket: z.looseObject({ name: Text }),
    object: z.looseObject({ key: Text, etag: Maybe, sequencer: Maybe, 'version-id': Maybe }),
  }),
});
const Notification = z.looseObject({
  Records: z
    .array(
      z.looseObject({
        s3: z.looseObject({
          bucket: z.looseObject({ name: Text }),
          object: z.looseObject({ key: Text, eTag: Maybe, sequencer: Maybe, versionId: Maybe }),
        }),
      }),
    )
    .length(1),
});

/** Reads an input that is an event of S3 as EventBridge or S3 itself sends it; `undefined`: it is none. */
export function uploadEventOf(input: string): UploadEvent | undefined {
  const json = readJson(input);
  if (!json.ok || !isObject(json.value)) return undefined;
  const event = EventBridge.safeParse(json.value);
  if (event.success) return ofEventBridge(event.data);
  const notification = Notification.safeParse(json.value);
  return notification.success ? ofNotification(notification.data) : undefined;
}

function ofEventBridge(event: z.output<typeof EventBridge>): UploadEvent {
  const { bucket, object } = event.detail;
  const { 'version-id': versionId, ...rest } = object;
  return {
    bucket: bucket.name,
    key: object.key,
    etag: object.etag ?? undefined,
    sequencer: object.sequencer ?? undefined,
    versionId: versionId ?? undefined,
    withVersion: (sequencer, atMs) =>
      JSON.stringify({
        ...event,
        time: new Date(atMs).toISOString(),
        detail: { ...event.detail, object: { ...rest, sequencer } },
      }),
  };
}

function ofNotification(notification: z.output<typeof Notification>): UploadEvent | undefined {
  const [record] = notification.Records;
  if (record === undefined) return undefined;
  const { bucket, object } = record.s3;
  const { versionId, ...rest } = object;
  let key: string;
  try {
    key = decodeURIComponent(object.key.replaceAll('+', ' '));
  } catch {
    return undefined;
  }
  return {
    bucket: bucket.name,
    key,
    etag: object.eTag ?? undefined,
    sequencer: object.sequencer ?? undefined,
    versionId: versionId ?? undefined,
    withVersion: (sequencer, atMs) =>
      JSON.stringify({
        Records: [
          {
            ...record,
            eventTime: new Date(atMs).toISOString(),
            s3: { ...record.s3, object: { ...rest, sequencer } },
          },
        ],
      }),
  };
}

/** The epoch of the version that an event names. */
export function epochOfEvent({ etag, sequencer, versionId }: UploadEvent): Epoch | undefined {
  return epochOf({ etag, sequencer, versionId });
}

/**
 * The sequencer right after another one: versions that S3 makes later still come after it. The same one again gives the
 * same again, so that a version is made once however often it is asked for.
 * @returns `undefined` for a text that is no hexadecimal number
 */
export function nextSequencer(sequencer: string): string | undefined {
  if (!/^[0-9A-Fa-f]{1,64}$/.test(sequencer)) return undefined;
  return (BigInt(`0x${sequencer}`) + 1n).toString(16).toUpperCase().padStart(sequencer.length, '0');
}

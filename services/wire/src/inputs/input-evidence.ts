import { isExecutionArn, isObject, readJson, type ExecutionArn } from '@stepcast/contracts';
import * as z from 'zod';
import type { InputPath } from '../records/input-path.ts';
import { CONFIGURED_SHAPE, type InputEvidence } from './evidence.ts';
import { findConfiguredBy, type FindConfigured } from './configured-paths.ts';
import { objectOfCloudTrail, objectOfDetail, objectOfNotification } from './objects.ts';
import {
  callerOf,
  CloudTrailEvent,
  CloudTrailRecord,
  hasWritten,
  ObjectCreatedDetail,
  ObjectCreatedEvent,
  S3NotificationRecord,
} from './schemas.ts';

/** Finds one shape of input. Returns undefined when the input has another. */
export interface InputExtractor {
  readonly shape: string;
  readonly extract: (input: unknown) => Omit<InputEvidence, 'shape'> | undefined;
}

const text = z.string().min(1);
const optionalText = text.nullish().catch(undefined);

/** Our own flat form, in the spellings that people use: `{ bucket, key, versionId }` or `{ Bucket, Key, VersionId }`. */
const Flat = z.union([
  z.object({ bucket: text, key: text, versionId: optionalText, etag: optionalText, sequencer: optionalText }),
  z.object({ Bucket: text, Key: text, VersionId: optionalText, ETag: optionalText }).transform((one) => ({
    bucket: one.Bucket,
    key: one.Key,
    versionId: one.VersionId,
    etag: one.ETag,
    sequencer: undefined,
  })),
]);

/** What an SQS-fed workflow gets: the body of a message as text, alone or in a list, in the spelling of Lambda or of the API. */
const Bodies = z.union([
  z.object({ body: z.string() }).transform(({ body }) => [body]),
  z.object({ Body: z.string() }).transform(({ Body }) => [Body]),
  z.object({ Message: z.string() }).transform(({ Message }) => [Message]),
  z.object({ Sns: z.object({ Message: z.string() }) }).transform(({ Sns }) => [Sns.Message]),
]);
const BodyList = z.union([
  Bodies,
  z
    .array(Bodies)
    .min(1)
    .transform((all) => all.flat()),
  z.object({ Records: z.array(Bodies).min(1) }).transform(({ Records }) => Records.flat()),
]);

const PARENT_KEY = 'AWS_STEP_FUNCTIONS_STARTED_BY_EXECUTION_ID';

function parentIn(input: unknown): ExecutionArn | undefined {
  const parent = isObject(input) ? input[PARENT_KEY] : undefined;
  return isExecutionArn(parent) ? parent : undefined;
}

const CloudTrailDetail = z.union([CloudTrailEvent.transform(({ detail }) => detail), CloudTrailRecord]);
const OneNotification = z.union([
  z.object({ Records: z.array(S3NotificationRecord).length(1) }).transform(({ Records }) => Records[0]),
  S3NotificationRecord,
]);

/** One message in another in another: EventBridge to SNS to SQS is two; more does not occur. */
const MAX_WRAPPINGS = 4;

const unwrapped: readonly InputExtractor[] = [
  {
    shape: 'eventBridge',
    extract(input) {
      const event = ObjectCreatedEvent.safeParse(input);
      return event.success ? { object: objectOfDetail(event.data.detail, event.data.time) } : undefined;
    },
  },
  {
    shape: 'cloudTrail',
    extract(input) {
      const event = CloudTrailDetail.safeParse(input);
      // A call that wrote nothing is about no upload, whatever key it names.
      return event.success && hasWritten(event.data)
        ? { object: objectOfCloudTrail(event.data), callerIdentity: callerOf(event.data) }
        : undefined;
    },
  },
  {
    shape: 'eventBridgeDetail',
    extract(input) {
      const detail = ObjectCreatedDetail.safeParse(input);
      return detail.success ? { object: objectOfDetail(detail.data, undefined) } : undefined;
    },
  },
  {
    shape: 's3Notification',
    extract(input) {
      const event = OneNotification.safeParse(input);
      const object = event.success && event.data !== undefined ? objectOfNotification(event.data) : undefined;
      return object === undefined ? undefined : { object };
    },
  },
  {
    shape: 'flat',
    extract(input) {
      const flat = Flat.safeParse(input);
      if (!flat.success) return undefined;
      const { bucket, key, versionId, etag, sequencer } = flat.data;
      return {
        object: {
          bucket,
          key,
          versionId: versionId ?? undefined,
          etag: etag ?? undefined,
          sequencer: sequencer ?? undefined,
          createdMs: null,
        },
      };
    },
  },
];

/**
 * The extractors, in the order they are tried: exact shapes first. More than one object in one input is no
 * evidence: the execution would belong to several uploads.
 */
export const INPUT_EXTRACTORS: readonly InputExtractor[] = [
  ...unwrapped,
  {
    shape: 'queueMessage',
    extract(input) {
      let bodies = BodyList.safeParse(input);
      for (let depth = 0; depth < MAX_WRAPPINGS && bodies.success; depth += 1) {
        const [body, ...others] = bodies.data;
        if (body === undefined || others.length > 0) return undefined;
        const inner = readJson(body);
        if (!inner.ok) return undefined;
        for (const extractor of unwrapped) {
          const found = extractor.extract(inner.value);
          if (found !== undefined) return found;
        }
        bodies = BodyList.safeParse(inner.value);
      }
      return undefined;
    },
  },
];

/** Compiles the paths of a configuration. Undefined without any. */
export function findConfigured(paths: readonly InputPath[]): FindConfigured | undefined {
  return paths.length === 0 ? undefined : findConfiguredBy(paths, (value) => knownIn(value)?.object);
}

function knownIn(input: unknown): Omit<InputEvidence, 'parent'> | undefined {
  for (const { shape, extract } of INPUT_EXTRACTORS) {
    const found = extract(input);
    if (found !== undefined) return { shape, ...found };
  }
  return undefined;
}

/**
 * What the input of an execution says of where it came from. An input may name both an object and the execution that
 * started it; both are evidence, and must agree.
 * @param input JSON text
 * @param configured asked only where nothing else says anything, so that it can add an owner and never replace one; and for a key
 * that stands encoded in a form that is known
 * @returns undefined when it says nothing
 */
export function evidenceOf(input: string, configured?: FindConfigured): InputEvidence | undefined {
  const parsed = readJson(input);
  if (!parsed.ok) return undefined;
  const parent = parentIn(parsed.value);
  const known = knownIn(parsed.value);
  if (parent !== undefined) return known === undefined ? { shape: 'nested', parent } : { ...known, parent };
  if (configured === undefined || (known !== undefined && known.shape !== 'flat')) return known;
  const found = configured(parsed.value);
  if (found === undefined) return known;
  const { object, writtenKey } = found;
  if (known === undefined) return { shape: CONFIGURED_SHAPE, object };
  const isSame = known.object?.bucket === object.bucket && known.object.key === writtenKey;
  return isSame
    ? {
        shape: CONFIGURED_SHAPE,
        object: { ...known.object, ...object, versionId: object.versionId ?? known.object.versionId },
      }
    : known;
}

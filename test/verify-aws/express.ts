import { PutObjectCommand, type S3Client } from '@aws-sdk/client-s3';
import { StartExecutionCommand } from '@aws-sdk/client-sfn';
import { ExecutionArn, type ProgressEvent } from '@stepcast/contracts';
import { within } from '../deployed/person.ts';
import { until } from '../deployed/run.ts';
import { recordsIn } from './logged.ts';
import { judged, type Seen, type World } from './probe.ts';
import { type Workflow } from './workflow.ts';

const NAME = 'express-upload';
export const EXPRESS_FACTS = ['sfn.express-arn', 'sfn.express-ids', 'sfn.express-from-logs'] as const;

export interface ExpressUpload {
  readonly seen: readonly Seen[];
  /** Of the execution, in the order in which the page had them. */
  readonly kinds: readonly string[];
  /** Of the whole upload. */
  readonly events: number;
  readonly tookMs: number;
}

/** The input that a rule of EventBridge hands on, as far as it is read. Events of an emulator name no version. */
const inputOf = (bucket: string, key: string, versionId: string | undefined) => ({
  source: 'aws.s3',
  'detail-type': 'Object Created',
  time: new Date().toISOString(),
  detail: {
    bucket: { name: bucket },
    object: { key, ...(versionId === undefined ? {} : { 'version-id': versionId }) },
  },
});

/**
 * Uploads as Ada, starts an Express execution of that upload, as a rule of the workflow's own would, and follows it by the page's client to
 * its end. Managed mode starts its Standard one as well: both are in the upload's stream.
 * @throws Error when the end does not come, or not everything before it
 */
export async function uploadToExpress(
  { page, ada, clients, emulator }: World,
  s3: S3Client,
  { expressStateMachineArn, logGroupName }: Workflow,
): Promise<ExpressUpload> {
  const { bucket } = page;
  const key = `users/${ada.identityId}/express.txt`;
  const ended = Promise.withResolvers<number>();
  const offsets: number[] = [];
  const own: ProgressEvent[] = [];
  const [, machine = ''] = expressStateMachineArn.split(':stateMachine:');
  const isOwn = (arn = ''): boolean => arn.includes(`:express:${machine}:${NAME}:`);
  let uploadedAt = performance.now();
  const tracker = ada.client.trackUpload({
    bucket,
    key,
    sizeBytes: NAME.length,
    put: async () => {
      const answer = await s3.send(new PutObjectCommand({ Bucket: bucket, Key: key, Body: NAME }));
      uploadedAt = performance.now();
      const VersionId = emulator === undefined ? answer.VersionId : undefined;
      await clients.sfn.send(
        new StartExecutionCommand({
          stateMachineArn: expressStateMachineArn,
          name: NAME,
          input: JSON.stringify(inputOf(bucket, key, VersionId)),
        }),
      );
      return { VersionId };
    },
  });
  tracker.watch.on('event', ({ event }) => {
    offsets.push(event.offset);
    if (!isOwn(event.executionArn)) return;
    own.push(event);
    if (event.kind === 'executionSucceeded') ended.resolve(Math.round(performance.now() - uploadedAt));
  });
  try {
    const tookMs = await within(
      emulator === undefined ? 600_000 : 120_000,
      // A start that is refused ends it at once.
      tracker.done.then(() => ended.promise),
      () => `the Express execution did not end: ${kindsOf(own).join(' ') || 'nothing came of it'}`,
    );
    const whole = offsets.every((offset, index) => offset === index + 1);
    if (!whole) throw new Error(`offsets ${offsets.join(' ')}`);
    const kinds = kindsOf(own);
    // What a subscription has, a search may have later.
    const records = await until('log records of the Express execution', 60_000, async () => {
      const found = await recordsIn(clients.logs, logGroupName);
      const ofIt = found.filter(({ execution_arn }) => isOwn(execution_arn));
      return ofIt.some(({ type }) => type === 'ExecutionSucceeded') ? ofIt : undefined;
    });
    const ids = records.map(({ id }) => Number(id)).toSorted((a, b) => a - b);
    const arn = records[0]?.execution_arn ?? '';
    const [isArn, areIds, isFollowed] = EXPRESS_FACTS;
    return {
      tookMs,
      kinds,
      events: offsets.length,
      seen: [
        judged(
          isArn,
          /:express:[\w-]+:[\w-]+:[0-9a-f-]{36}$/.test(arn) && ExecutionArn.safeParse(arn).success,
          arn,
        ),
        judged(
          areIds,
          ids.every((id, index) => id === index + 1),
          `ids ${ids.join(' ')}`,
        ),
        judged(isFollowed, !kinds.includes('gapDeclared'), `after ${tookMs} ms: ${kinds.join(' ')}`),
      ],
    };
  } finally {
    tracker.close();
  }
}

const kindsOf = (events: readonly ProgressEvent[]): readonly string[] => events.map(({ kind }) => kind);

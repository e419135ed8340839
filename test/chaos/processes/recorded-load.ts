import { uploadIdOf } from '@stepcast/contracts';
import { seededRandom } from '@stepcast/correlator/testing';
import type { Sandbox } from '@stepcast/sandbox';
import { recordIngest, type RecordedExecution } from '../../integration/replay/recordings.ts';
import { shuffled } from '../../integration/replay/seeded.ts';
import { postJson, subscriptionPayload } from '../../support/awslogs.ts';
import type { Application } from './application.ts';
import type { Canaries } from './canaries.ts';
import type { PutIn } from './history.ts';
import type { Load } from './load.ts';
import { pauseFor } from './wait-until.ts';

const RECORDS_TOGETHER = 25;
/** Of the payloads of an execution, so many are sent twice. */
const REPEATED = 0.2;

/**
 * Executions that ran elsewhere, some 150 progress events each: the sandbox answers for their history, their log records
 * come shuffled and in part twice, as they may from CloudWatch Logs. One after the other for each application.
 */
export function startRecordedLoad(options: {
  readonly sandbox: Sandbox;
  readonly applications: readonly Application[];
  readonly canaries: Canaries;
  readonly seed: number;
}): Load {
  const { sandbox, applications, canaries, seed } = options;
  const random = seededRandom(seed);
  const putIn: { put: PutIn; done: boolean }[] = [];
  const ending = new AbortController();
  const problems: string[] = [];
  let serial = 0;

  /** As CloudWatch Logs does: again until it is taken. */
  async function post(path: string, body: unknown, wanted: number): Promise<void> {
    for (;;) {
      const answer = await postJson(`${sandbox.url}${path}`, body).catch(() => undefined);
      const text = await answer?.text();
      if (answer?.status === wanted) return;
      if (answer !== undefined && answer.status < 500)
        throw new Error(`${path}: ${answer.status} ${text ?? ''}`);
      await pauseFor(200);
    }
  }

  async function send({ logRecords }: RecordedExecution): Promise<void> {
    const records = shuffled(logRecords, random);
    const payloads: string[][] = [];
    for (let at = 0; at < records.length; at += RECORDS_TOGETHER)
      payloads.push(records.slice(at, at + RECORDS_TOGETHER));
    const again = payloads.filter(() => random() < REPEATED);
    for (const payload of shuffled([...payloads, ...again], random))
      await post('/awslogs', subscriptionPayload(payload), 200);
  }

  async function replayOne(application: Application): Promise<void> {
    const { identityId } = application.who;
    const { bucket, region, accountId } = sandbox.info;
    serial += 1;
    const name = `recorded-${seed}-${serial}`;
    const key = `users/${identityId}/recorded/${serial} ${canaries.make('key')}.tiff`;
    const input = {
      version: '0',
      id: `6a7e8feb-b491-4cf7-a9f1-${String(serial).padStart(12, '0')}`,
      'detail-type': 'Object Created',
      source: 'aws.s3',
      account: accountId,
      time: '2026-11-03T10:15:29Z',
      region,
      resources: [`arn:aws:s3:::${bucket}`],
      detail: {
        version: '0',
        bucket: { name: bucket },
        object: { key, size: 7, etag: 'e', 'version-id': `v-${name}` },
        reason: 'PutObject',
        note: canaries.make('input'),
      },
    };
    const { parent, child } = recordIngest(seed + serial, name, input);
    const events = [...parent.expected, ...child.expected].map((one) =>
      one.name === undefined ? one.kind : `${one.kind} ${one.name}`,
    );
    // The first proof of the upload opens its stream, as an upload's own event would.
    const expected = new Map<string, number>([['uploaded', 1]]);
    for (const what of events) expected.set(what, (expected.get(what) ?? 0) + 1);
    const following = application.follow(bucket, key);
    const entry = {
      put: {
        identityId,
        uploadId: uploadIdOf(bucket, key),
        bucket,
        key,
        versions: 1,
        expected,
        executionArns: [parent.executionArn, child.executionArn],
      },
      done: false,
    };
    putIn.push(entry);
    for (const one of [parent, child]) await post('/executions', one.recording, 201);
    await Promise.all([send(parent), send(child)]);
    // It fails, is redriven, and succeeds.
    await following.whenCompleted(1, (status) => status === 'succeeded');
    entry.done = true;
    // Followed on: what a nested execution did may come in after the end of the one that started it.
  }

  async function work(application: Application): Promise<void> {
    while (!ending.signal.aborted)
      await replayOne(application).catch(async (thrown: unknown) => {
        problems.push(String(thrown));
        await pauseFor(1_000, ending.signal);
      });
  }
  void Promise.all(applications.map(work));

  return {
    get putIn() {
      return putIn.map(({ put }) => put);
    },
    open() {
      if (problems.length > 0) return `executions that could not be replayed: ${problems[0] ?? ''}`;
      const open = putIn.filter(({ done }) => !done);
      return open.length === 0
        ? undefined
        : `the ends of ${open.length} of ${putIn.length} replayed executions, such as ${open[0]?.put.key ?? ''}`;
    },
    stop() {
      ending.abort();
      return Promise.resolve();
    },
  };
}

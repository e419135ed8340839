import {
  epochOf,
  IdentityId,
  parseJson,
  StateMessage,
  topicSpace,
  uploadIdOf,
  type UploadState,
} from '@stepcast/contracts';
import { journalKeys } from '@stepcast/wire';
import type { Sandbox } from '@stepcast/sandbox';
import { postJson, subscriptionPayload } from '../../support/awslogs.ts';
import { readJournal, type ReadEntry } from './journal.ts';
import { signIn, type Person } from '../../support/person.ts';
import type { RecordedExecution } from './recordings.ts';
import { startTestSandbox } from '../../support/sandbox.ts';

/** A sandbox that watches executions which others ran, and two people who listen to all that is published to them. */
export interface ReplayWorld {
  readonly sandbox: Sandbox;
  readonly alice: Person;
  readonly bob: Person;
  /** Everything that either of the two was sent. */
  readonly received: readonly string[];
  /** Log records put in through `POST /awslogs`. */
  readonly put: number;
  /** Of a person's object of that name. */
  uploadIdOf(person: Person, name: string): string;
  objectKey(person: Person, name: string): string;
  /** What EventBridge hands to a workflow that an upload starts. */
  objectCreated(person: Person, name: string): object;
  /** Makes Step Functions know of it. */
  importExecution(recorded: RecordedExecution): Promise<void>;
  postRecords(records: readonly string[]): Promise<void>;
  /** As EventBridge tells of the ends of an execution. Best effort: nothing but the status is in it. */
  tellEnds(recorded: RecordedExecution): void;
  /** Resolves with the first state of an upload that is as wanted. */
  stateWhen(uploadId: string, wanted: (state: UploadState) => boolean): Promise<UploadState>;
  journalOf(person: Person, name: string): Promise<ReadEntry[]>;
  stop(): Promise<void>;
}

async function expectStatus(answer: Response, status: number): Promise<void> {
  const text = await answer.text();
  if (answer.status !== status) throw new Error(`answered with ${answer.status}: ${text}`);
}

export async function startReplayWorld(): Promise<ReplayWorld> {
  const sandbox = await startTestSandbox({ argv: ['--mode', 'observed'] });
  try {
    return await worldIn(sandbox);
  } catch (thrown) {
    await sandbox.stop();
    throw thrown;
  }
}

async function worldIn(sandbox: Sandbox): Promise<ReplayWorld> {
  const [alice, bob] = await Promise.all([signIn(sandbox.info, 'alice'), signIn(sandbox.info, 'bob')]);
  const received: string[] = [];
  const watchers = new Map<string, (state: UploadState) => void>();
  let put = 0;
  const space = topicSpace(sandbox.info.topicNamespace);
  const clients = await Promise.all(
    [alice, bob].map(async (person) => {
      await person.provision();
      const client = await person.connect('replay');
      client.on('message', (topic, payload) => {
        const text = payload.toString();
        received.push(text);
        const named = space.parse(topic);
        const state = named?.kind === 'state' ? parseJson(StateMessage, text) : undefined;
        if (state?.ok === true) watchers.get(state.value.data.uploadId)?.(state.value.data);
      });
      const own = `${sandbox.info.topicNamespace}/${person.identityId}`;
      await client.subscribeAsync([`${own}/uploads/+/events`, `${own}/uploads/+/state`], { qos: 1 });
      return client;
    }),
  );

  const objectKey = (person: Person, name: string) => `users/${person.identityId}/${name}.tiff`;
  const uploadOf = (person: Person, name: string) => uploadIdOf(sandbox.info.bucket, objectKey(person, name));

  return {
    sandbox,
    alice,
    bob,
    received,
    get put() {
      return put;
    },
    uploadIdOf: uploadOf,
    objectKey,
    objectCreated(person, name) {
      return {
        version: '0',
        id: '6a7e8feb-b491-4cf7-a9f1-bf3703467718',
        'detail-type': 'Object Created',
        source: 'aws.s3',
        account: sandbox.info.accountId,
        time: '2026-11-03T10:15:29Z',
        region: sandbox.info.region,
        resources: [`arn:aws:s3:::${sandbox.info.bucket}`],
        detail: {
          version: '0',
          bucket: { name: sandbox.info.bucket },
          object: { key: objectKey(person, name), size: 7, etag: 'e', 'version-id': `v-${name}` },
          reason: 'PutObject',
        },
      };
    },
    async importExecution({ recording }) {
      await expectStatus(await postJson(`${sandbox.url}/executions`, recording), 201);
    },
    async postRecords(records) {
      // As a log subscription does, which sends again what was postponed.
      for (;;) {
        put += records.length;
        const answer = await postJson(`${sandbox.url}/awslogs`, subscriptionPayload(records));
        if (answer.status !== 503) return expectStatus(answer, 200);
        await answer.body?.cancel();
      }
    },
    tellEnds({ executionArn, ends }) {
      for (const { status, redriveCount, stoppedAtMs } of ends)
        sandbox.relays.onStatusChange({
          executionArn,
          stateMachineArn: executionArn.replace(':execution:', ':stateMachine:').replace(/:[^:]+$/, ''),
          name: executionArn.split(':').at(-1) ?? '',
          status,
          startDate: stoppedAtMs,
          stopDate: stoppedAtMs,
          input: null,
          output: null,
          stateMachineVersionArn: null,
          stateMachineAliasArn: null,
          redriveCount,
          redriveDate: null,
          redriveStatus: status === 'SUCCEEDED' ? 'NOT_REDRIVABLE' : 'REDRIVABLE',
          redriveStatusReason: null,
          inputDetails: null,
          outputDetails: null,
          error: null,
          cause: null,
        });
    },
    stateWhen(uploadId, wanted) {
      const { promise, resolve, reject } = Promise.withResolvers<UploadState>();
      let last = 'none';
      const timer = setTimeout(() => {
        reject(new Error(`the upload did not come to its end; the last state: ${last}`));
      }, 300_000);
      watchers.set(uploadId, (state) => {
        last = JSON.stringify(state.executions);
        if (wanted(state)) resolve(state);
      });
      return promise.finally(() => {
        clearTimeout(timer);
        watchers.delete(uploadId);
      });
    },
    journalOf(person, name) {
      const epoch = epochOf({ versionId: `v-${name}` });
      if (epoch === undefined) throw new TypeError('no epoch');
      const { pk } = journalKeys.entry(IdentityId.parse(person.identityId), uploadOf(person, name), epoch, 1);
      return readJournal(sandbox, pk);
    },
    async stop() {
      for (const client of clients) client.end(true);
      await sandbox.stop();
    },
  };
}

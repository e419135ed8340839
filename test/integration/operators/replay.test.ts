import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PutObjectCommand } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  foldEvent,
  IdentityId,
  OverviewMessage,
  ProgressMessage,
  StateMessage,
  topicSpace,
  uploadIdOf,
  type UploadState,
} from '@stepcast/contracts';
import type { Sandbox } from '@stepcast/sandbox';
import type { PositionStorage, ProgressClient } from '@stepcast/web';
import { clientOf, writeQuickWorkflow } from '../../chaos/sandbox-client.ts';
import { MqttInbox } from '../../support/mqtt-inbox.ts';
import { signIn, type Person } from '../../support/person.ts';
import { startTestSandbox } from '../../support/sandbox.ts';
import { stepcast } from './command.ts';

const TASKS = 4;

/** What an application sees of one upload. */
interface Seen {
  readonly offsets: number[];
  state: UploadState | undefined;
}

let directory: string;
let workflow: Awaited<ReturnType<typeof writeQuickWorkflow>>;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'stepcast-replay-'));
  workflow = await writeQuickWorkflow(TASKS, 20);
});
afterAll(async () => {
  await workflow.remove();
  await rm(directory, { recursive: true, force: true });
});

function storageIn(map: Map<string, string>): PositionStorage {
  return {
    getItem: (key) => map.get(key) ?? null,
    setItem: (key, value) => {
      map.set(key, value);
    },
  };
}

/** A page that watches one upload and writes down what it is given. */
function application(client: ProgressClient, bucket: string, key: string, seen: Seen) {
  const watch = client.watch({ bucket, key });
  watch.on('event', ({ event }) => seen.offsets.push(event.offset));
  watch.on('state', (state) => {
    seen.state = state;
  });
  const complete = new Promise<void>((resolve) => {
    watch.on('complete', () => {
      resolve();
    });
  });
  return { complete };
}

const allOffsets = Array.from({ length: 3 + 2 * TASKS }, (_, index) => index + 1);

describe('stepcast replay', () => {
  it('brings every client to the same state, with no event twice, after broker and queues lost everything', async () => {
    const positions = new Map<string, string>();
    const returning: Seen = { offsets: [], state: undefined };
    const file = join(directory, 'journal.ndjson');
    const before = await startTestSandbox({ argv: workflow.argv });
    const { bucket } = before.info;
    const original: string[] = [];
    let person = await signIn(before.info, 'alice');
    const identityId = IdentityId.parse(person.identityId);
    const key = `users/${identityId}/photo.txt`;
    const uploadId = uploadIdOf(bucket, key);
    const topics = topicSpace();
    const topic = topics.build({ kind: 'events', identityId, uploadId });
    const stateTopic = topics.build({ kind: 'state', identityId, uploadId });

    // The first life: a page watches an upload to its end, and beside it a stock client that keeps the messages.
    await person.provision();
    const witness = await person.connect('witness');
    const witnessed = new MqttInbox(witness);
    await witness.subscribeAsync(topic, { qos: 1 });
    const first = persistent(before, person, positions);
    const page = application(first, bucket, key, returning);
    await first.whenLive();
    await person.s3.send(new PutObjectCommand({ Bucket: bucket, Key: key, Body: 'x' }));
    await page.complete;
    await first.close();
    original.push(...witnessed.all.map(({ text }) => text));
    await witness.endAsync(true);
    expect(
      (await stepcast('journal', 'export', identityId, '--output', file, '--endpoint', before.url)).code,
    ).toBe(0);
    await before.stop();
    const wanted = returning.state;
    expect(returning.offsets).toEqual(allOffsets);

    // The second life: nothing is left but the journal.
    const after = await startTestSandbox({ argv: workflow.argv });
    try {
      expect((await stepcast('journal', 'import', file, '--endpoint', after.url)).code).toBe(0);
      person = await signIn(after.info, 'alice');
      await person.provision();
      const stock = await person.connect('stock');
      const inbox = new MqttInbox(stock);
      await stock.subscribeAsync([topic, stateTopic, topics.build({ kind: 'overview', identityId })], {
        qos: 1,
      });
      const fresh: Seen = { offsets: [], state: undefined };
      const clients = [persistent(after, person, positions), clientOf(after, person)];
      const pages = [
        application(clients[0]!, bucket, key, returning),
        application(clients[1]!, bucket, key, fresh),
      ];
      await Promise.all(clients.map((client) => client.whenLive()));
      await pages[1]?.complete;
      expect(inbox.all).toEqual([]);

      const ran = await stepcast(
        'replay',
        identityId,
        '--endpoint',
        after.url,
        '--progress-file',
        join(directory, 'p.json'),
      );
      expect(ran.err).not.toContain('stepcast:');
      expect(ran.out).toMatch(/^\d+ messages? published, 1 retained state and 1 overview restored\.\n$/);
      await inbox.waitFor(() =>
        inbox.read(topics.build({ kind: 'overview', identityId }), OverviewMessage).at(-1),
      );

      // A stock client that folds the messages comes to the same state as the page before.
      const messages = inbox.read(topic, ProgressMessage);
      expect(messages.every(({ data }) => data.replay)).toBe(true);
      const events = messages.flatMap(({ data }) => data.events);
      expect(events.map(({ offset }) => offset)).toEqual(allOffsets);
      const retained = inbox.read(stateTopic, StateMessage).at(-1)?.data;
      expect(retained).toEqual(wanted);
      const [begin] = messages;
      const folded = events.reduce(foldEvent, {
        ...retained!,
        ...{
          status: 'queued' as const,
          percent: null,
          etaSeconds: null,
          steps: [],
          executions: [],
          error: null,
        },
        updatedAt: begin!.data.epochStartedAt,
      });
      expect(folded).toEqual(wanted);
      // Byte for byte what was published the first time, but for the mark.
      const replayed = inbox.all.filter((message) => message.topic === topic).map(({ text }) => text);
      const same = replayed
        .map((text) => text.replace('"replay":true', '"replay":false'))
        .filter((text) => original.includes(text));
      expect(same.length).toBeGreaterThan(0);
      expect(original.filter((text) => text.includes('"firstOffset":1,'))).toEqual(
        expect.arrayContaining([replayed[0]?.replace('"replay":true', '"replay":false')]),
      );

      // The pages: one that was there before, one that was never there. Nothing twice, the same state.
      for (const client of clients) await client.close();
      expect(returning.offsets).toEqual(allOffsets);
      expect(returning.state).toEqual(wanted);
      expect(fresh.offsets).toEqual(allOffsets);
      expect(fresh.state).toEqual(wanted);

      // Those who subscribe from now on get the retained state at once.
      const late = await person.connect('late');
      const latecomer = new MqttInbox(late);
      await late.subscribeAsync(stateTopic, { qos: 1 });
      expect(await latecomer.waitFor(() => latecomer.all.at(-1)?.retain)).toBe(true);
      for (const one of [stock, late]) await one.endAsync(true);
    } finally {
      await after.stop();
    }
  });
});

/** The page's client with a memory that outlives it. */
function persistent(sandbox: Sandbox, person: Person, positions: Map<string, string>): ProgressClient {
  return clientOf(sandbox, person, { storage: storageIn(positions) });
}

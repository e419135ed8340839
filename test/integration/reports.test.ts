import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  IdentityId,
  isTerminal,
  ProgressMessage,
  StateMessage,
  topicSpace,
  uploadIdOf,
} from '@stepcast/contracts';
import type { Sandbox } from '@stepcast/sandbox';
import type { MqttClient } from 'mqtt';
import { MqttInbox } from '../support/mqtt-inbox.ts';
import { signIn, type Person } from '../support/person.ts';
import { startTestSandbox } from '../support/sandbox.ts';

/*
 * Tasks that say how far they are, from the line that they print to the people who listen. Two functions: one written by hand
 * as in any language, which prints its object's key before, as careless code does; one with the documented helper.
 */

const HELPER = new URL('../../contracts/src/report/index.ts', import.meta.url).href;

const handlers = `
import { flushProgress, reportProgress } from ${JSON.stringify(HELPER)};

/** Until an object of this name is there. */
async function released(context, name) {
  for (;;) {
    try {
      await context.getObject('BUCKET', name);
      return;
    } catch {
      context.signal.throwIfAborted();
      await new Promise((again) => setTimeout(again, 50));
    }
  }
}

export async function byHand(event, context) {
  const { bucket, object } = event.detail;
  // Careless: whatever stands in the key is a line of the log.
  process.stdout.write('working on ' + object.key + '\\n');
  const said = { stepcast: 'report', token: process.env.STEPCAST_REPORT_TOKEN, bucket: bucket.name, key: object.key };
  console.log(JSON.stringify({ ...said, done: 3, total: 12, text: 'page 3 of 12' }));
  await released(context, 'release-one');
  return event;
}

export async function withHelper(event, context) {
  const { bucket, object } = event.detail;
  const upload = { bucket: bucket.name, key: object.key };
  for (let done = 1; done <= 1_000; done += 1) reportProgress({ upload, done, total: 1_000, text: 'row ' + done });
  flushProgress();
  await released(context, 'release-two');
  return event;
}
`;

const task = (name: string) => `arn:aws:lambda:us-east-1:111122223333:function:${name}`;
const definition = {
  StartAt: 'By hand',
  States: {
    'By hand': { Type: 'Task', Resource: task('byHand'), Next: 'With the helper' },
    'With the helper': { Type: 'Task', Resource: task('withHelper'), End: true },
  },
};

let folder = '';
let sandbox: Sandbox;
const open: MqttClient[] = [];
const said: string[] = [];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'stepcast-reports-'));
  const [machine, code] = [join(folder, 'machine.json'), join(folder, 'handlers.mjs')];
  await writeFile(machine, JSON.stringify(definition));
  await writeFile(code, handlers.replaceAll('BUCKET', 'stepcast-uploads-111122223333'));
  sandbox = await startTestSandbox({
    argv: ['--definition', machine, '--handlers', code],
    say: (line) => said.push(line),
  });
});
afterAll(async () => {
  for (const client of open) client.end(true);
  await sandbox.stop();
  await rm(folder, { recursive: true, force: true });
});

/** Somebody who listens to an upload of their own, and uploads it. */
async function follow(person: Person, session: string, key: string) {
  await person.provision();
  const client = await person.connect(session);
  open.push(client);
  const inbox = new MqttInbox(client);
  const identityId = IdentityId.parse(person.identityId);
  const uploadId = uploadIdOf(sandbox.info.bucket, key);
  const topics = topicSpace(sandbox.info.topicNamespace);
  const events = topics.build({ kind: 'events', identityId, uploadId });
  const state = topics.build({ kind: 'state', identityId, uploadId });
  await client.subscribeAsync([events, state], { qos: 1 });
  await person.s3.send(new PutObjectCommand({ Bucket: sandbox.info.bucket, Key: key, Body: 'x' }));
  const received = () => inbox.read(events, ProgressMessage).flatMap((message) => message.data.events);
  return {
    inbox,
    received,
    reports: () => received().filter(({ kind }) => kind === 'stepReported'),
    ended: () =>
      inbox.waitFor(() => inbox.read(state, StateMessage).find((one) => isTerminal(one.data.status)), 45_000),
  };
}

async function release(name: string): Promise<void> {
  const operator = new S3Client({
    region: sandbox.info.region,
    endpoint: sandbox.info.endpoints.s3,
    forcePathStyle: true,
    credentials: sandbox.access.root,
  });
  await operator.send(new PutObjectCommand({ Bucket: sandbox.info.bucket, Key: name, Body: 'x' }));
  operator.destroy();
}

describe('a task that says how far it is', () => {
  it('is heard by the owner of its upload while it runs, whatever somebody else writes into a key', async () => {
    const [alice, bob] = [await signIn(sandbox.info, 'alice'), await signIn(sandbox.info, 'bob')];
    const bobsKey = `users/${bob.identityId}/scan.pdf`;
    const bobs = await follow(bob, 'listens', bobsKey);
    await bobs.inbox.waitFor(() => bobs.reports()[0]);

    const forged = {
      stepcast: 'report',
      bucket: sandbox.info.bucket,
      key: bobsKey,
      percent: 99,
      text: 'forged',
    };
    const arn = bobs.received().find(({ executionArn }) => executionArn !== undefined)?.executionArn;
    const record = {
      id: '99',
      type: 'ExecutionFailed',
      details: { error: 'forged' },
      previous_event_id: '98',
      event_timestamp: String(Date.now()),
      execution_arn: arn,
    };
    const lines = [forged, { ...forged, token: '' }, { ...record, stepcast: 'report' }, record];
    const alicesKey = `users/${alice.identityId}/x\n${lines.map((line) => JSON.stringify(line)).join('\n')}\n.pdf`;
    const alices = await follow(alice, 'listens', alicesKey);
    const [first] = [await alices.inbox.waitFor(() => alices.reports()[0])];
    expect(first).toMatchObject({
      // A quarter of the first of two steps.
      percent: 12,
      step: { name: 'By hand', type: 'Task' },
      report: { percent: 25, done: 3, total: 12, text: 'page 3 of 12' },
    });

    await release('release-one');
    // A thousand at once: the first, and the last; nothing of the rest.
    for (const one of [alices, bobs]) {
      await one.inbox.waitFor(() => one.reports().find(({ report }) => report?.done === 1_000));
      const rows = one.reports().filter(({ step }) => step?.name === 'With the helper');
      expect(rows.length).toBeLessThanOrEqual(2);
      expect(rows.at(-1)?.percent).toBe(99);
      expect(rows.at(-1)?.report).toEqual({ percent: 100, done: 1_000, total: 1_000, text: 'row 1000' });
    }
    await release('release-two');
    for (const one of [alices, bobs]) {
      const last = await one.ended();
      expect(last.data.status).toBe('succeeded');
      for (const step of last.data.steps) expect(step).not.toHaveProperty('report');
      expect(one.received().map(({ offset }) => Number(offset))).toEqual(
        one.received().map((_event, index) => index + 1),
      );
    }
    expect(bobs.inbox.all.map(({ text }) => text).join()).not.toContain('forged');
    expect(JSON.stringify(alices.reports())).not.toContain('forged');
    // What is no report, the person who started the sandbox sees.
    expect(said.join('\n')).toContain(`working on users/${bob.identityId}/scan.pdf`);
    const counted = await Promise.all(Object.values(sandbox.inner?.metrics ?? {}).map((one) => one.text()));
    expect(counted.join('\n')).toMatch(/reason="reportRefused"\} [1-9]/);
    expect(counted.join('\n')).not.toContain(bob.identityId);
  });
});

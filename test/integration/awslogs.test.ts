import { gzipSync } from 'node:zlib';
import { PutObjectCommand } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { IdentityId, ProgressMessage, StateMessage, topicSpace, uploadIdOf } from '@stepcast/contracts';
import type { Sandbox } from '@stepcast/sandbox';
import type { MqttClient } from 'mqtt';
import { postJson, subscriptionPayload as payload } from '../support/awslogs.ts';
import { MqttInbox } from '../support/mqtt-inbox.ts';
import { signIn, type Person } from '../support/person.ts';
import { startTestSandbox } from '../support/sandbox.ts';

let sandbox: Sandbox;
let alice: Person;
let client: MqttClient;
let inbox: MqttInbox;

beforeAll(async () => {
  sandbox = await startTestSandbox({ argv: ['--mode', 'observed'] });
  alice = await signIn(sandbox.info, 'alice');
  await alice.provision();
  client = await alice.connect('awslogs');
  inbox = new MqttInbox(client);
});

afterAll(async () => {
  client.end(true);
  await sandbox.stop();
});

const machine = 'arn:aws:states:us-east-1:111122223333:execution:SomebodyElse';
const at = Date.UTC(2026, 10, 3, 10, 15, 30);

function record(
  executionArn: string,
  id: number,
  type: string,
  details: object,
  previous = id === 2 ? 0 : id - 1,
): string {
  return JSON.stringify({
    id: String(id),
    type,
    details,
    previous_event_id: String(previous),
    event_timestamp: String(at + id),
    execution_arn: executionArn,
    redrive_count: '0',
  });
}

const post = (body: unknown) => postJson(`${sandbox.url}/awslogs`, body);

describe('POST /awslogs', () => {
  it('shows its owner an execution that the sandbox never ran, proven by its input, whatever the order', async () => {
    const executionArn = `${machine}:never-ran-here`;
    const key = `users/${alice.identityId}/from elsewhere.png`;
    const input = JSON.stringify({ bucket: sandbox.info.bucket, key });
    const uploadId = uploadIdOf(sandbox.info.bucket, key);
    const space = topicSpace(sandbox.info.topicNamespace);
    const identityId = IdentityId.parse(alice.identityId);
    const events = space.build({ kind: 'events', identityId, uploadId });
    const state = space.build({ kind: 'state', identityId, uploadId });
    await client.subscribeAsync([events, state], { qos: 1 });

    const records = [
      record(executionArn, 1, 'ExecutionStarted', {
        input,
        inputDetails: { truncated: false },
        roleArn: 'arn:aws:iam::111122223333:role/r',
      }),
      record(executionArn, 2, 'TaskStateEntered', { name: 'ExtractText', input: '{}' }),
      record(executionArn, 3, 'TaskScheduled', {
        resourceType: 'lambda',
        resource: 'invoke',
        region: 'us-east-1',
        parameters: '{}',
      }),
      record(executionArn, 4, 'TaskStarted', { resourceType: 'lambda', resource: 'invoke' }),
      record(executionArn, 5, 'TaskSucceeded', {
        resourceType: 'lambda',
        resource: 'invoke',
        output: '{"secret":"output"}',
      }),
      record(executionArn, 6, 'TaskStateExited', { name: 'ExtractText', output: '{"secret":"output"}' }),
      record(executionArn, 7, 'ExecutionSucceeded', { output: '{"secret":"output"}' }),
    ];
    for (const message of [
      records[4],
      records[6],
      records[0],
      records[2],
      records[5],
      records[1],
      records[3],
    ]) {
      const answer = await post(payload([message ?? '']));
      expect(answer.status).toBe(200);
    }
    const end = await inbox.waitFor(() =>
      inbox.read(state, StateMessage).find((message) => message.data.status === 'succeeded'),
    );
    const progress = inbox.read(events, ProgressMessage).flatMap((message) => message.data.events);
    expect(progress.map((event) => event.offset)).toEqual(progress.map((_event, index) => index + 1));
    expect(progress.map((event) => [event.kind, event.step?.name])).toEqual([
      ['uploaded', undefined],
      ['executionStarted', undefined],
      ['stepStarted', 'ExtractText'],
      ['stepSucceeded', 'ExtractText'],
      ['executionSucceeded', undefined],
    ]);
    expect(end.data.executions).toMatchObject([{ executionArn, status: 'succeeded' }]);
    expect(inbox.all.map((message) => message.text).join()).not.toContain('secret');
  });

  it('works beside uploads that a rule starts: the observed execution has its owner too', async () => {
    const key = `users/${alice.identityId}/observed.png`;
    const uploadId = uploadIdOf(sandbox.info.bucket, key);
    const space = topicSpace(sandbox.info.topicNamespace);
    const identityId = IdentityId.parse(alice.identityId);
    const state = space.build({ kind: 'state', identityId, uploadId });
    await client.subscribeAsync(state, { qos: 1 });
    await alice.s3.send(new PutObjectCommand({ Bucket: sandbox.info.bucket, Key: key, Body: 'no image' }));
    const end = await inbox.waitFor(() =>
      inbox.read(state, StateMessage).find((message) => message.data.status === 'failed'),
    );
    // Named by the rule, `{event id}_{its own}`, and not by us.
    expect(end.data.executions[0]?.executionArn).toMatch(/:PhotoPipeline:[0-9a-f-]{36}_/);
  });

  it.each<[string, unknown, RegExp]>([
    ['no JSON', '{', /not JSON/],
    ['something else than a payload', {}, /awslogs/],
    ['no base64 of gzip', { awslogs: { data: 'bm8gZ3ppcA==' } }, /gzip/],
    [
      'a payload without log events',
      { awslogs: { data: gzipSync('{"messageType":"DATA_MESSAGE"}').toString('base64') } },
      /logEvents|owner|logGroup/,
    ],
  ])('answers 400 with the reason for %s', async (_name, body, reason) => {
    const answer = await post(body);
    expect(answer.status).toBe(400);
    expect(JSON.stringify(await answer.json())).toMatch(reason);
  });

  it('takes control messages and records that are none of ours, and says that they were ignored', async () => {
    const control = await post(
      payload(['CWL CONTROL MESSAGE: Checking health of destination Kinesis stream.'], {
        messageType: 'CONTROL_MESSAGE',
      }),
    );
    expect([control.status, await control.json()]).toMatchObject([
      200,
      { forwarded: 0, ignored: expect.anything() },
    ]);
    const foreign = await post(payload(['{"level":"info","msg":"a line of somebody else"}', 'plain text']));
    expect([foreign.status, await foreign.json()]).toMatchObject([200, { forwarded: 0 }]);
  });

  it('puts one malformed record aside and takes the good ones beside it', async () => {
    const executionArn = `${machine}:one-bad`;
    const good = record(executionArn, 1, 'ExecutionStarted', {});
    const bad = record(executionArn, 2, 'PassStateEntered', { name: 'x' }).replace('"id":"2"', '"id":"two"');
    const answer = await post(payload([good, bad, record(executionArn, 3, 'ExecutionSucceeded', {}, 2)]));
    expect([answer.status, await answer.json()]).toMatchObject([200, { forwarded: 2, deadLettered: 1 }]);
  });
});

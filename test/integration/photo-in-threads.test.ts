import { PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { DescribeExecutionCommand, ListExecutionsCommand, SFNClient } from '@aws-sdk/client-sfn';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Sandbox } from '@stepcast/sandbox';
import sharp from 'sharp';
import { signIn } from '../support/person.ts';
import { startTestSandbox } from '../support/sandbox.ts';

let sandbox: Sandbox;
beforeAll(async () => {
  sandbox = await startTestSandbox();
});
afterAll(() => sandbox.stop());

it('a photo goes through every function of the demo in its thread, and what is no photo fails by its name', async () => {
  const alice = await signIn(sandbox.info, 'alice');
  const { region, bucket, endpoints, stateMachineArn } = sandbox.info;
  const s3 = new S3Client({ region, endpoint: endpoints.s3, credentials: alice.keys, forcePathStyle: true });
  const sfn = new SFNClient({ region, endpoint: endpoints.stepFunctions, credentials: sandbox.access.root });
  const photo = await sharp({ create: { width: 64, height: 48, channels: 3, background: '#3366cc' } })
    .png()
    .toBuffer();
  const upload = (name: string, Body: Buffer) =>
    s3.send(new PutObjectCommand({ Bucket: bucket, Key: `users/${alice.identityId}/${name}`, Body }));
  await upload('photo.png', photo);
  // Hung the sandbox for good.
  await upload('comments.svg', Buffer.from('<!---->'.repeat(73)));
  const ended = async () => {
    const { executions = [] } = await sfn.send(new ListExecutionsCommand({ stateMachineArn }));
    return executions.length === 2 && executions.every(({ status }) => status !== 'RUNNING')
      ? executions
      : undefined;
  };
  let all = await ended();
  for (; all === undefined; all = await ended()) await new Promise((again) => setTimeout(again, 100));
  const results = await Promise.all(
    all.map(({ executionArn }) => sfn.send(new DescribeExecutionCommand({ executionArn }))),
  );
  expect(results.map(({ status, error }) => `${status} ${error ?? ''}`).toSorted()).toEqual([
    'FAILED NotAnImage',
    'SUCCEEDED ',
  ]);
  s3.destroy();
  sfn.destroy();
});

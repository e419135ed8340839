import { ListObjectsV2Command, S3Client } from '@aws-sdk/client-s3';
import { ListQueuesCommand, SQSClient } from '@aws-sdk/client-sqs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { AWS_JSON_PROTOCOLS, createAwsJson, systemClock, systemTimers } from '@stepcast/kit';
import type { Sandbox } from '@stepcast/sandbox';
import { startTestSandbox } from '../support/sandbox.ts';

const MINUTE_MS = 60_000;
let sandbox: Sandbox;
beforeAll(async () => {
  sandbox = await startTestSandbox();
});
afterAll(() => sandbox.stop());

/** A stock client that signs by a clock that is off, and is not given the time to correct it. */
function stock<C>(make: (options: object) => C, endpoint: string, minutes: number): C {
  return make({
    region: sandbox.info.region,
    endpoint,
    credentials: sandbox.access.root,
    systemClockOffset: minutes * MINUTE_MS,
    maxAttempts: 1,
    forcePathStyle: true,
  });
}

const sqsOf = (minutes: number) =>
  stock((options) => new SQSClient(options), sandbox.info.endpoints.sqs, minutes);
const s3Of = (minutes: number) =>
  stock((options) => new S3Client(options), sandbox.info.endpoints.s3, minutes);
const list = (minutes: number) => sqsOf(minutes).send(new ListQueuesCommand({}));
const listObjects = (minutes: number) =>
  s3Of(minutes).send(new ListObjectsV2Command({ Bucket: sandbox.info.bucket }));

describe('a client whose clock is off', () => {
  it('is refused by SQS from five minutes on, in the words of AWS', async () => {
    await expect(list(-6)).rejects.toMatchObject({
      name: 'InvalidSignatureException',
      message: expect.stringMatching(
        /^Signature expired: \d{8}T\d{6}Z is now earlier than \d{8}T\d{6}Z \(\d{8}T\d{6}Z - 5 min\.\)$/,
      ),
    });
    await expect(list(6)).rejects.toMatchObject({
      message: expect.stringMatching(/^Signature not yet current: \d{8}T\d{6}Z is still later than /),
    });
    await expect(list(-4)).resolves.toMatchObject({ $metadata: { httpStatusCode: 200 } });
  });

  it('is refused by S3 from fifteen minutes on', async () => {
    await expect(listObjects(14)).resolves.toMatchObject({ $metadata: { httpStatusCode: 200 } });
    await expect(listObjects(-16)).rejects.toMatchObject({
      name: 'RequestTimeTooSkewed',
      message: 'The difference between the request time and the current time is too large.',
      RequestTime: expect.stringMatching(/^\d{8}T\d{6}Z$/),
      ServerTime: expect.stringMatching(/^\d{4}-\d\d-\d\dT/),
      MaxAllowedSkewMilliseconds: '900000',
    });
  });

  it.each([-20, 20])('of a stock SDK learns the time from the refusal, %i minutes off', async (minutes) => {
    const sqs = sqsOf(minutes);
    await expect(sqs.send(new ListQueuesCommand({}))).rejects.toMatchObject({
      name: 'InvalidSignatureException',
    });
    await expect(sqs.send(new ListQueuesCommand({}))).resolves.toBeDefined();
    const s3 = s3Of(minutes);
    const objects = new ListObjectsV2Command({ Bucket: sandbox.info.bucket });
    await expect(s3.send(objects)).rejects.toMatchObject({ name: 'RequestTimeTooSkewed' });
    await expect(s3.send(objects)).resolves.toBeDefined();
  });

  it.each([-20, 20])(
    'of our own signed HTTP corrects itself by the answer, %i minutes off',
    async (minutes) => {
      const caller = createAwsJson({
        protocol: AWS_JSON_PROTOCOLS.sqs,
        place: {
          endpoint: () => Promise.resolve(new URL(sandbox.info.endpoints.sqs)),
          region: () => Promise.resolve(sandbox.info.region),
          credentials: () => Promise.resolve(sandbox.access.root),
        },
        clock: { ...systemClock, nowMs: () => systemClock.nowMs() + minutes * MINUTE_MS },
        timers: systemTimers,
        random: () => 0.5,
      });
      const first = await caller.send('ListQueues', '{}', { maxRetries: 0 });
      expect(first).toContain('stepcast-uploads');
      expect(await caller.send('ListQueues', '{}', { maxRetries: 0 })).toBe(first);
      await caller.close();
    },
  );
});

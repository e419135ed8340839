import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { uploadIdOf } from '@stepcast/contracts';
import {
  ARN,
  BUCKET,
  createBench,
  IDENTITY,
  OBJECT_KEY,
  objectCreated,
  simpleRun,
  upload,
} from '@stepcast/correlator/testing';
import { createDirectForwarder } from '@stepcast/forwarder';
import { createMetrics, type Logger } from '@stepcast/kit';
import { ManualTime } from '@stepcast/kit/testing';
import { createFakeBroker, createTestCore } from '@stepcast/publisher/testing';

interface Line {
  readonly level: string;
  readonly fields: Readonly<Record<string, unknown>>;
  readonly message: string;
}

function recorder() {
  const lines: Line[] = [];
  const at = (level: string) => (fields: object, message: string) => {
    lines.push({ level, fields: { ...fields }, message });
  };
  const logger: Logger = {
    debug: at('debug'),
    info: at('info'),
    warn: at('warn'),
    error: at('error'),
    child: () => logger,
  };
  return { lines, logger };
}

/** What CloudWatch Logs brings of a run. */
function payloadOf(input: string): { readonly awslogs: { readonly data: string } } {
  const logEvents = simpleRun({ input }).map(
    ({ id, previousEventId, type, timestampMs, details }, index) => ({
      id: String(index),
      timestamp: timestampMs,
      message: JSON.stringify({
        id: String(id),
        type,
        details,
        previous_event_id: String(previousEventId),
        event_timestamp: String(timestampMs),
        execution_arn: ARN,
        redrive_count: '0',
      }),
    }),
  );
  const body = {
    messageType: 'DATA_MESSAGE',
    owner: '',
    logGroup: '',
    logStream: '',
    subscriptionFilters: [],
    logEvents,
  };
  return { awslogs: { data: gzipSync(JSON.stringify(body)).toString('base64') } };
}

/** An upload and its execution, through forwarder, correlator and publisher. */
async function follow(input: string, logger: Logger) {
  const time = new ManualTime();
  const bench = createBench({ time, logger });
  const broker = createFakeBroker();
  const publisher = createTestCore({ broker, clock: time, timers: time, overrides: { logger } });
  const forwarder = createDirectForwarder({
    batches: {
      async take(executions) {
        for (const batch of executions) await bench.correlation.correlate(batch);
        return executions.length;
      },
    },
    deadLetters: { send: () => Promise.resolve() },
    logger,
    metrics: createMetrics('test_'),
    clock: time,
  });
  publisher.start();
  await upload(bench, input);
  await forwarder.handle(payloadOf(input));
  for (const handover of bench.ports.outbox.sent) publisher.hand(handover);
  await time.advance(1_000);
  await publisher.stop({ force: true });
  return { broker };
}

describe('the log of an upload', () => {
  it('leads at level debug from the event of S3 to the message that the broker has, by its upload ID and its execution', async () => {
    const { lines, logger } = recorder();
    const { broker } = await follow(objectCreated({ versionId: 'v1' }), logger);
    const uploadId = uploadIdOf(BUCKET, OBJECT_KEY);
    const hops = lines.filter(
      ({ fields }) => fields['uploadId'] === uploadId || fields['executionArn'] === ARN,
    );
    expect([...new Set(hops.map(({ message }) => message))]).toEqual([
      'upload taken',
      'entry handed over',
      'owner proven',
      'records forwarded',
      'events published',
    ]);
    // The one line that has both names joins the two halves.
    expect(hops.find(({ message }) => message === 'owner proven')?.fields).toMatchObject({
      uploadId,
      executionArn: ARN,
    });
    expect(broker.received.some(({ topic }) => topic.includes(uploadId))).toBe(true);
  });

  it('costs nothing of an upload that goes well: below debug nothing is said of it', async () => {
    const { lines, logger } = recorder();
    await follow(objectCreated({ versionId: 'v1' }), logger);
    expect(
      lines.filter(
        ({ level, fields }) => level !== 'debug' && ('uploadId' in fields || 'executionArn' in fields),
      ),
    ).toEqual([]);
  });

  it('names neither the key nor the person', async () => {
    const { lines, logger } = recorder();
    await follow(objectCreated({ versionId: 'v1' }), logger);
    const text = JSON.stringify(lines);
    expect(text).not.toContain(OBJECT_KEY);
    expect(text).not.toContain(IDENTITY);
  });

  it('names the upload that is refused', async () => {
    const { lines, logger } = recorder();
    const input = objectCreated({ identityId: 'nobody' });
    await upload(createBench({ logger }), input);
    expect(lines).toEqual([
      {
        level: 'warn',
        fields: expect.objectContaining({
          uploadId: uploadIdOf(BUCKET, OBJECT_KEY.replace(IDENTITY, 'nobody')),
        }),
        message: 'upload refused',
      },
    ]);
  });
});

import { describe, expect, it } from 'vitest';
import {
  Epoch,
  ExecutionArn,
  IdentityId,
  keyTemplate,
  offsetOf,
  uploadIdOf,
  type CorrelationMessage,
  type ProgressEvent,
} from '@stepcast/contracts';
import { renderJson, type Handover } from '@stepcast/wire';
import type { Assignment } from '../domain/ownership.ts';
import type { Passage } from '../ports/progress-outbox.port.ts';
import { createFeedingOutbox } from './feed-back-offices.ts';

const identityId = IdentityId.parse('us-east-1:1f0e2d3c-4b5a-c6d7-8e9f-0a1b2c3d4e5f');
const bucket = 'photos';
const key = `users/${identityId}/harbour.jpg`;
const uploadId = uploadIdOf(bucket, key);
const epoch = Epoch.parse('e1');
const executionArn = ExecutionArn.parse('arn:aws:states:us-east-1:111122223333:execution:PhotoPipeline:one');
const time = '2026-11-03T10:15:00.000Z';
const rules = { keyTemplate: keyTemplate('users/{identityId}/'), buckets: new Set([bucket]) };

function handoverOf(events: readonly ProgressEvent[] | undefined): Handover {
  const [firstOffset, lastOffset] = [
    events?.[0]?.offset ?? offsetOf(1),
    events?.at(-1)?.offset ?? offsetOf(1),
  ];
  const position = { epoch, offset: lastOffset };
  return {
    identityId,
    uploadId,
    epoch,
    epochStartedAt: time,
    source: 'stepcast',
    firstOffset,
    lastOffset,
    line: {
      uploadId,
      position,
      bucket,
      key,
      status: 'running',
      percent: 0,
      epochStartedAt: time,
      updatedAt: time,
    },
    oldestEventAt: time,
    truncated: false,
    events: events === undefined ? undefined : renderJson(events),
    state: undefined,
  };
}

const DONE: Passage = { emitted: Promise.resolve(), settled: Promise.resolve() };
const owned: Assignment = {
  kind: 'owned',
  identityId,
  bucket,
  key,
  uploadId,
  epoch,
  epochStartedAt: time,
  source: 'stepcast',
  nested: false,
  proofs: ['managedStart', 'keyPrefix'],
};

function feeding(send: (messages: readonly CorrelationMessage[]) => Promise<void>) {
  return createFeedingOutbox({
    outbox: { send: () => DONE },
    feed: { send },
    executions: { load: () => Promise.resolve({ assignment: owned, parked: [], children: [] }) },
    rules,
  });
}

const entry = handoverOf([
  { kind: 'uploaded', offset: offsetOf(1), time },
  { kind: 'executionStarted', offset: offsetOf(2), time, executionArn, projections: { album: 'canary' } },
  {
    kind: 'stepFailed',
    offset: offsetOf(3),
    time,
    executionArn,
    step: { name: 'canary', type: 'Task' },
    error: { name: 'canary', message: 'canary' },
  },
  { kind: 'executionFailed', offset: offsetOf(4), time, executionArn, error: { name: 'canary' } },
]);

async function fedBy(handover: Handover): Promise<CorrelationMessage[]> {
  const fed: CorrelationMessage[] = [];
  const { settled } = feeding((messages) => {
    fed.push(...messages);
    return Promise.resolve();
  }).send(handover);
  await settled;
  return fed;
}

describe('the feed for back offices', () => {
  it('says whose an upload and its executions are, and what proved it', async () => {
    const fed = await fedBy(entry);
    expect(fed.map(({ data }) => [data.kind, data.position.offset, data.proofs])).toEqual([
      ['uploaded', 1, ['keyPrefix']],
      ['executionStarted', 2, ['managedStart', 'keyPrefix']],
      ['executionFailed', 4, ['managedStart', 'keyPrefix']],
    ]);
    expect(fed[1]?.data).toEqual({
      kind: 'executionStarted',
      identityId,
      uploadId,
      bucket,
      key,
      position: { epoch, offset: 2 },
      epochStartedAt: time,
      executionArn,
      proofs: ['managedStart', 'keyPrefix'],
      status: 'running',
    });
  });

  it('has nothing of steps, errors and projections', async () => {
    expect(JSON.stringify(await fedBy(entry))).not.toContain('canary');
  });

  it('gives the same messages with the same ids when an entry is passed on again', async () => {
    const [once, again] = [await fedBy(entry), await fedBy(entry)];
    expect(again).toEqual(once);
    expect(new Set(once.map(({ id }) => id)).size).toBe(once.length);
  });

  it('gets nothing of entries without a begin or an end, nor of states alone', async () => {
    const step = handoverOf([{ kind: 'stepStarted', offset: offsetOf(5), time, executionArn }]);
    expect(await fedBy(step)).toEqual([]);
    expect(await fedBy(handoverOf(undefined))).toEqual([]);
  });

  it('holds the next entry of the stream until it has this one, so that a crash loses nothing', async () => {
    const { promise: taken, resolve: take } = Promise.withResolvers<void>();
    const { emitted } = feeding(() => taken).send(entry);
    let hasLeft = false;
    const left = emitted.then(() => {
      hasLeft = true;
    });
    await new Promise(setImmediate);
    expect(hasLeft).toBe(false);
    take();
    await left;
    expect(hasLeft).toBe(true);
  });

  it('has the input redelivered when it did not get an event', async () => {
    const { emitted, settled } = feeding(() => Promise.reject(new Error('away'))).send(entry);
    await expect(emitted).rejects.toThrow('away');
    await expect(settled).rejects.toThrow('away');
  });
});

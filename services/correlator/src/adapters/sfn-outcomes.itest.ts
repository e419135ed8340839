import { afterEach, beforeEach, expect, it } from 'vitest';
import { SFNClient } from '@aws-sdk/client-sfn';
import { ManualTime } from '@stepcast/kit/testing';
import { startJsonServer, type JsonServer } from '@stepcast/kit/testing/json-server';
import { watchWork } from '../readiness.ts';
import { ARN } from '../testing/correlation-bench.ts';
import { createSfnDirectory } from './sfn-directory.adapter.ts';

/** Operations that are denied. */
let denied: ReadonlySet<string>;
let server: JsonServer;
beforeEach(async () => {
  denied = new Set();
  server = await startJsonServer(({ operation }) =>
    denied.has(operation)
      ? { status: 400, body: JSON.stringify({ __type: 'AccessDeniedException' }) }
      : { status: 400, body: JSON.stringify({ __type: 'ExecutionDoesNotExist' }) },
  );
});
afterEach(() => server.close());

function setUp() {
  const time = new ManualTime();
  const work = watchWork(time);
  const client = new SFNClient({
    endpoint: server.endpoint,
    region: 'us-east-1',
    credentials: { accessKeyId: 'id', secretAccessKey: 'key' },
  });
  const directory = createSfnDirectory({ client, clock: time, timers: time, onOutcome: work.note });
  return { directory, work };
}

it('readiness sees that the right to read histories is missing, whatever else works: no message waits for it, and it said yes', async () => {
  const { directory, work } = setUp();
  denied = new Set(['GetExecutionHistory']);
  await expect(directory.history(ARN, 0)).rejects.toMatchObject({ failure: 'infrastructure' });
  await directory.describe(ARN);
  work.note('events', { kind: 'done' });
  expect(work.check()).toEqual({
    ok: false,
    reason: 'GetExecutionHistory: GetExecutionHistory failed: AccessDeniedException',
  });
  denied = new Set();
  await directory.history(ARN, 0);
  expect(work.check()).toEqual({ ok: true });
});

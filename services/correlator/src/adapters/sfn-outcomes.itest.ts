import { afterEach, beforeEach, expect, it } from 'vitest';
import { SFNClient } from '@aws-sdk/client-sfn';
import { ManualTime } from '@stepcast/kit/testing';
import { startJsonServer, type JsonServer } from '@stepcast/kit/testing/json-server';
import { watchWork } from '../readiness.ts';
import { ARN } from '../testing/correlation-bench.ts';
import { createSfnDirectory } from './sfn-directory.adapter.ts';

/** What an operation answers instead of knowing no such execution. */
let answers: Readonly<Record<string, { readonly status: number; readonly body: string }>>;
let server: JsonServer;
beforeEach(async () => {
  answers = {};
  server = await startJsonServer(
    ({ operation }) => answers[operation] ?? { status: 400, body: '{"__type":"ExecutionDoesNotExist"}' },
  );
});
afterEach(() => server.close());

function setUp() {
  const time = new ManualTime();
  const work = watchWork(time, 30_000);
  const client = new SFNClient({
    endpoint: server.endpoint,
    region: 'us-east-1',
    credentials: { accessKeyId: 'id', secretAccessKey: 'key' },
  });
  const directory = createSfnDirectory({ client, clock: time, timers: time, onOutcome: work.note });
  return { directory, work };
}

it('a history that is refused for a reason of its own is an answer: it was an outage, readiness said no, and a stream waited for ever', async () => {
  const { directory, work } = setUp();
  answers = { GetExecutionHistory: { status: 400, body: '{"__type":"ValidationException"}' } };
  expect(await directory.history(ARN, 0)).toEqual({ refused: 'ValidationException' });
  expect(work.check()).toEqual({ ok: true });
});

it('an event of a history that does not read is missing, and holds up no other: the whole history was', async () => {
  const { directory } = setUp();
  const timestamp = 1_700_000_000;
  const events = [
    { id: 1, type: 'PassStateEntered', previousEventId: 0, timestamp },
    { id: 2, previousEventId: 1, timestamp },
    { id: 3, type: 'PassStateExited', previousEventId: 2, timestamp },
  ];
  answers = { GetExecutionHistory: { status: 200, body: JSON.stringify({ events }) } };
  const history = await directory.history(ARN, 0);
  expect(history).toMatchObject([{ id: 1 }, { id: 3 }]);
});

it.each([
  ['is away', { status: 503, body: '' }],
  ['answers something that does not read', { status: 200, body: 'not JSON' }],
  ['cannot use the key of the account', { status: 400, body: '{"__type":"KmsInvalidStateException"}' }],
])('a history is waited for while Step Functions %s', async (_what, answer) => {
  const { directory, work } = setUp();
  answers = { GetExecutionHistory: answer };
  await expect(directory.history(ARN, 0)).rejects.toMatchObject({ failure: 'infrastructure' });
  expect(work.check()).toMatchObject({ ok: false });
});

it('readiness sees that the right to read histories is missing, whatever else works: no message waits for it, and it said yes', async () => {
  const { directory, work } = setUp();
  answers = { GetExecutionHistory: { status: 400, body: '{"__type":"AccessDeniedException"}' } };
  await expect(directory.history(ARN, 0)).rejects.toMatchObject({ failure: 'infrastructure' });
  await directory.describe(ARN);
  work.note('events', { kind: 'done' });
  expect(work.check()).toEqual({
    ok: false,
    reason: 'GetExecutionHistory: GetExecutionHistory failed: AccessDeniedException',
  });
  answers = {};
  await directory.history(ARN, 0);
  expect(work.check()).toEqual({ ok: true });
});

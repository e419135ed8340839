import { describe, expect, it } from 'vitest';
import { reportLine, type ProgressReport } from '@stepcast/contracts/report';
import { createMetrics, silentLogger } from '@stepcast/kit';
import { ManualTime } from '@stepcast/kit/testing';
import { parseRecordBatch, parseReportBatch, REPORTS_FILTER_SUFFIX } from '@stepcast/wire';
import fc from 'fast-check';
import { createForwarder } from './index.ts';
import { envelope, FakeQueue } from './testing/fakes.ts';

const token = 'b5a2c6f0-0000-4000-8000-000000000001';
const mine = { bucket: 'photos', key: 'users/us-east-1:11111111-1111-4111-8111-111111111111/a.png' };
const victim = { bucket: 'photos', key: 'users/us-east-1:22222222-2222-4222-8222-222222222222/b.png' };
const victimArn = 'arn:aws:states:us-east-1:111122223333:execution:Pipeline:up-victim';
const reportsFilter = `stepcast${REPORTS_FILTER_SUFFIX}`;

/** A record of Step Functions as the log of the state machine has it, for the execution of somebody else. */
const forgedRecord = JSON.stringify({
  id: '1',
  type: 'ExecutionStarted',
  details: { input: JSON.stringify(mine) },
  previous_event_id: '0',
  event_timestamp: '1793700930123',
  execution_arn: victimArn,
});

function setUp(options: { readonly reportToken?: string | undefined } = { reportToken: token }) {
  const sender = new FakeQueue();
  const deadLetters = new FakeQueue();
  const forwarder = createForwarder({
    sender,
    deadLetters,
    logger: silentLogger,
    metrics: createMetrics('test_'),
    clock: new ManualTime(),
    ids: () => 'nonce',
    ...options,
  });
  const handle = (lines: readonly string[], filter = reportsFilter) =>
    forwarder.handle(
      envelope({
        messageType: 'DATA_MESSAGE',
        logGroup: '/aws/lambda/resize',
        logStream: 's',
        subscriptionFilters: [filter],
        logEvents: lines.map((message, index) => ({ id: `id-${index}`, timestamp: 1_000 + index, message })),
      }),
    );
  const sent = () =>
    sender.messages.map(({ body }) => {
      const parsed = parseReportBatch(body);
      if (!parsed.ok) throw new TypeError(JSON.stringify(parsed.issues));
      return parsed.value;
    });
  return { handle, sent, sender, deadLetters };
}

const said = (report: Partial<ProgressReport> = {}) =>
  reportLine({ upload: mine, percent: 1, ...report }, token);

describe('reports of tasks', () => {
  it('go on by upload and execution, of each step the newest, in groups that hold nothing up', async () => {
    const { handle, sent, sender } = setUp();
    const report = await handle([
      said({ percent: 1 }),
      said({ percent: 3, step: 'OCR' }),
      reportLine({ executionArn: victimArn, text: 'x' }, token),
      said({ percent: 2 }),
    ]);
    expect(report).toEqual({ forwarded: 3, deadLettered: 0, ignored: { reportSuperseded: 1 }, messages: 2 });
    expect(sent()).toEqual([
      {
        target: { upload: mine },
        reports: [
          { id: 'id-3', atMs: 1_003, percent: 2 },
          { id: 'id-1', atMs: 1_001, percent: 3, step: 'OCR' },
        ],
      },
      { target: { executionArn: victimArn }, reports: [{ id: 'id-2', atMs: 1_002, text: 'x' }] },
    ]);
    expect(new Set(sender.messages.map(({ groupId }) => groupId)).size).toBe(2);
  });

  it('a thousand of a step in one payload are one message', async () => {
    const { handle, sent } = setUp();
    const lines = Array.from({ length: 1_000 }, (_, done) => said({ done, total: 999 }));
    expect(await handle(lines)).toMatchObject({ forwarded: 1, messages: 1 });
    expect(sent()).toMatchObject([{ reports: [{ done: 999, percent: 1 }] }]);
  });

  it('are counted and left out without the token, with another, and where none is configured', async () => {
    const lines = [
      JSON.stringify({ stepcast: 'report', ...victim, percent: 1 }),
      JSON.stringify({ stepcast: 'report', token: `${token}x`, ...victim, percent: 1 }),
      JSON.stringify({ stepcast: 'report', token: [token], ...victim, percent: 1 }),
    ];
    const { handle, sender } = setUp();
    expect(await handle(lines)).toMatchObject({ forwarded: 0, ignored: { reportRefused: 3 } });
    const open = setUp({});
    expect(await open.handle([...lines, said()])).toMatchObject({ ignored: { reportRefused: 4 } });
    expect([...sender.messages, ...open.sender.messages]).toEqual([]);
  });

  it('that are wrong are counted, and never dead letters: a task may write a thousand of them a second', async () => {
    const { handle, sender, deadLetters } = setUp();
    const wrong = JSON.stringify({ stepcast: 'report', token, percent: 5 });
    expect(await handle([wrong, 'START RequestId: 1', '{"level":"INFO"}'])).toEqual({
      forwarded: 0,
      deadLettered: 0,
      ignored: { reportInvalid: 1, notJson: 1, notReport: 1 },
      messages: 0,
    });
    expect([...sender.messages, ...deadLetters.messages]).toEqual([]);
  });

  it('are none in the log of a state machine', async () => {
    const { handle, sender } = setUp();
    expect(await handle([said()], 'stepcast-forwarder')).toMatchObject({ ignored: { notStepFunctions: 1 } });
    expect(sender.messages).toEqual([]);
  });
});

describe('somebody whose key and content a task prints', () => {
  it('forges no record of Step Functions: the log of a task holds none', async () => {
    const { handle, sender, deadLetters } = setUp();
    const mixed = JSON.stringify({ ...JSON.parse(forgedRecord), stepcast: 'report', token: 'guess' });
    expect(await handle([forgedRecord, mixed])).toMatchObject({
      forwarded: 0,
      ignored: { notReport: 1, reportRefused: 1 },
    });
    expect([...sender.messages, ...deadLetters.messages]).toEqual([]);
    // The same line in the log of the state machine is one.
    expect(await handle([forgedRecord], 'stepcast-forwarder')).toMatchObject({ forwarded: 1 });
    expect(parseRecordBatch(sender.messages[0]?.body ?? '').ok).toBe(true);
  });

  it('reports nothing of anybody, whatever the lines are that come of it', async () => {
    const forged = fc.constantFrom(
      JSON.stringify({ stepcast: 'report', ...victim, percent: 100 }),
      JSON.stringify({ stepcast: 'report', token: '', executionArn: victimArn, text: 'forged' }),
      forgedRecord,
      '","key":"users/other","executionArn":"',
      '"}',
    );
    const part = fc.oneof(forged, fc.string({ unit: 'binary' }), fc.constantFrom('\n', '\r\n', '\u2028'));
    await fc.assert(
      fc.asyncProperty(
        fc.array(part, { maxLength: 8 }).map((parts) => parts.join('')),
        async (text) => {
          const { handle, sent } = setUp();
          const key = `${mine.key}${text}`;
          // A print of key and content in a language whose every line feed begins a log event, around an honest report.
          const printed = [key, text].flatMap((one) => one.split(/[\r\n\u2028]/));
          await handle([
            ...printed,
            reportLine({ upload: { ...mine, key }, percent: 5, text }, token),
            ...printed,
          ]);
          if (key.length <= 1_024) expect(sent()).toHaveLength(1);
          for (const { target } of sent()) expect(target).toEqual({ upload: { ...mine, key } });
        },
      ),
    );
  });
});

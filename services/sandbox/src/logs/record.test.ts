import { describe, expect, it } from 'vitest';
import { parseJson } from '@stepcast/contracts';
import fc from 'fast-check';
import { z } from 'zod';
import { isLogged } from './levels.ts';
import { logMessageOf, MAX_LOGGED_DATA_BYTES } from './record.ts';
import { logEventId, logGroupName, logStreamName } from './stream.ts';

const executionArn = 'arn:aws:states:us-east-1:111122223333:execution:ProgressPipeline:up-5f1c0a9e7b3d';
const roleArn = 'arn:aws:iam::111122223333:role/ProgressPipelineRole';
const started = { id: 1, previousEventId: 0, type: 'ExecutionStarted', timestampMs: 1793700930123 };
const notTruncated = { truncated: false };

function decode(message: string) {
  const parsed = parseJson(
    z.object({
      id: z.string(),
      type: z.string(),
      details: z.record(z.string(), z.unknown()),
      previous_event_id: z.string(),
      event_timestamp: z.string(),
      execution_arn: z.string(),
      redrive_count: z.string(),
    }),
    message,
  );
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.issues));
  return parsed.value;
}

describe('log record', () => {
  const withData = { executionArn, redriveCount: 0, includeExecutionData: true };
  const withoutData = { executionArn, redriveCount: 0, includeExecutionData: false };

  it('writes the four events of a recorded execution without execution data', () => {
    const input = { input: '{}', inputDetails: notTruncated };
    const output = { output: '{"Arg1":"argument1"}', outputDetails: notTruncated };
    const events = [
      { ...started, details: { ...input, roleArn } },
      {
        id: 2,
        previousEventId: 0,
        type: 'PassStateEntered',
        timestampMs: 1793700930161,
        details: { ...input, name: 'State_1' },
      },
      {
        id: 3,
        previousEventId: 2,
        type: 'PassStateExited',
        timestampMs: 1793700930170,
        details: { name: 'State_1', ...output },
      },
      { id: 4, previousEventId: 3, type: 'ExecutionSucceeded', timestampMs: 1793700930171, details: output },
    ];
    const common = { execution_arn: executionArn, redrive_count: '0' };
    expect(events.map((event) => decode(logMessageOf(event, withoutData)))).toEqual([
      {
        id: '1',
        type: 'ExecutionStarted',
        details: { roleArn },
        previous_event_id: '0',
        event_timestamp: '1793700930123',
        ...common,
      },
      {
        id: '2',
        type: 'PassStateEntered',
        details: { name: 'State_1' },
        previous_event_id: '0',
        event_timestamp: '1793700930161',
        ...common,
      },
      {
        id: '3',
        type: 'PassStateExited',
        details: { name: 'State_1' },
        previous_event_id: '2',
        event_timestamp: '1793700930170',
        ...common,
      },
      {
        id: '4',
        type: 'ExecutionSucceeded',
        details: {},
        previous_event_id: '3',
        event_timestamp: '1793700930171',
        ...common,
      },
    ]);
  });

  it('encodes inputs twice when execution data is included', () => {
    const message = logMessageOf(
      { ...started, details: { input: '{"a":"b"}', inputDetails: notTruncated, roleArn } },
      withData,
    );
    expect(message).toContain(String.raw`"input":"{\"a\":\"b\"}"`);
    expect(decode(message).details).toEqual({ input: '{"a":"b"}', inputDetails: notTruncated, roleArn });
  });

  it('keeps name, error and cause and drops parameters without execution data', () => {
    const event = {
      ...started,
      type: 'TaskFailed',
      details: { resource: 'invoke', resourceType: 'lambda', parameters: '{}', error: 'E', cause: 'because' },
    };
    expect(decode(logMessageOf(event, withoutData)).details).toEqual({
      resource: 'invoke',
      resourceType: 'lambda',
      error: 'E',
      cause: 'because',
    });
  });

  it('cuts an input whose escaped text is over 248 KiB and says so', () => {
    const long = (length: number) => ({
      ...started,
      details: { input: '"'.repeat(length), inputDetails: notTruncated },
    });
    // A quotation mark takes two bytes once it is escaped.
    const fits = decode(logMessageOf(long(MAX_LOGGED_DATA_BYTES / 2), withData)).details;
    expect(fits['inputDetails']).toEqual({ truncated: false });
    const cut = decode(logMessageOf(long(MAX_LOGGED_DATA_BYTES / 2 + 1), withData)).details;
    expect(cut['inputDetails']).toEqual({ truncated: true });
    expect(cut['input']).toHaveLength(MAX_LOGGED_DATA_BYTES / 2);
  });

  it('never cuts a character in two', () => {
    const text = `"${'😀'.repeat(50)}"`;
    for (const maxDataBytes of [10, 11, 12, 13, 14]) {
      const details = decode(
        logMessageOf(
          { ...started, details: { input: text, inputDetails: notTruncated } },
          { ...withData, maxDataBytes },
        ),
      ).details;
      expect(String(details['input']).isWellFormed()).toBe(true);
      expect(details['inputDetails']).toEqual({ truncated: true });
    }
  });

  it('decodes back to the event that it was made of', () => {
    const details = fc.record(
      {
        name: fc.string({ unit: 'grapheme' }),
        index: fc.nat(),
        length: fc.nat(),
        input: fc.json({ stringUnit: 'grapheme' }),
        output: fc.json({ stringUnit: 'grapheme' }),
        error: fc.string(),
        cause: fc.json(),
        roleArn: fc.string(),
        timeoutInSeconds: fc.nat(),
      },
      { requiredKeys: [] },
    );
    const event = fc.record({
      id: fc.integer({ min: 1, max: 25_000 }),
      previousEventId: fc.nat(25_000),
      type: fc.constantFrom('TaskStateEntered', 'TaskFailed', 'MapIterationStarted', 'ExecutionSucceeded'),
      timestampMs: fc.integer({ min: 0, max: 4_102_444_800_000 }),
      details,
    });
    fc.assert(
      fc.property(event, fc.nat(5), (one, redriveCount) => {
        const record = decode(logMessageOf(one, { ...withData, redriveCount }));
        expect({
          id: Number(record.id),
          previousEventId: Number(record.previous_event_id),
          type: record.type,
          timestampMs: Number(record.event_timestamp),
          details: record.details,
        }).toEqual(one);
        expect(record.redrive_count).toBe(String(redriveCount));
      }),
    );
  });
});

describe('log level', () => {
  it('writes starts and successes at ALL only', () => {
    for (const type of [
      'ExecutionStarted',
      'ExecutionSucceeded',
      'TaskStateEntered',
      'MapIterationSucceeded',
    ])
      expect((['ALL', 'ERROR', 'FATAL', 'OFF'] as const).map((level) => isLogged(level, type))).toEqual([
        true,
        false,
        false,
        false,
      ]);
  });
  it('writes failures of states from ERROR on', () => {
    for (const type of [
      'FailStateEntered',
      'TaskFailed',
      'LambdaFunctionTimedOut',
      'MapIterationAborted',
      'WaitStateAborted',
    ])
      expect((['ALL', 'ERROR', 'FATAL', 'OFF'] as const).map((level) => isLogged(level, type))).toEqual([
        true,
        true,
        false,
        false,
      ]);
  });
  it('writes bad ends of executions from FATAL on', () => {
    for (const type of ['ExecutionFailed', 'ExecutionTimedOut', 'ExecutionAborted'])
      expect((['ALL', 'ERROR', 'FATAL', 'OFF'] as const).map((level) => isLogged(level, type))).toEqual([
        true,
        true,
        true,
        false,
      ]);
  });
});

describe('log names', () => {
  it('names streams by machine and minute', () => {
    expect(logStreamName('ProgressPipeline', Date.UTC(2026, 10, 3, 10, 15, 30), '00000000')).toBe(
      'states/ProgressPipeline/2026-11-03-10-15/00000000',
    );
  });
  it('reads the name of a group out of its ARN', () => {
    expect(
      logGroupName('arn:aws:logs:us-east-1:111122223333:log-group:/aws/vendedlogs/states/P-Logs:*'),
    ).toBe('/aws/vendedlogs/states/P-Logs');
  });
  it('makes ids of 56 digits that grow', () => {
    const ids = [logEventId(1793700930123, 1), logEventId(1793700930123, 2), logEventId(1793700930124, 1)];
    for (const id of ids) expect(id).toMatch(/^\d{56}$/);
    expect(ids.toSorted()).toEqual(ids);
  });
});

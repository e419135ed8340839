import { describe, expect, it } from 'vitest';
import { ExecutionArn } from '@stepcast/contracts';
import fc from 'fast-check';
import type { OperatorLogs } from './ports.ts';
import { hasEnd, lackOf, missingIds, readLoggedExecutions } from './logged-executions.ts';

const arnOf = (name: string) =>
  ExecutionArn.parse(`arn:aws:states:us-east-1:111122223333:execution:P:${name}`);

const messageOf = (executionArn: string, id: number, type = 'PassStateEntered') =>
  JSON.stringify({
    id: String(id),
    type,
    details: { name: 'A' },
    previous_event_id: String(id - 1),
    event_timestamp: String(1_793_700_930_000 + id),
    execution_arn: executionArn,
  });

/** A log group that gives its messages in pages. */
function logsOf(pages: readonly (readonly string[])[]): OperatorLogs {
  return {
    async *read() {
      for (const page of pages) {
        await Promise.resolve();
        yield page.map((message) => ({ message, timestampMs: 1 }));
      }
    },
    retentionDays: () => Promise.resolve(undefined),
  };
}

const everything = { logGroup: 'g', fromMs: 0, toMs: 1, executionArns: [] };
const read = (
  pages: readonly (readonly string[])[],
  change: Partial<Parameters<typeof readLoggedExecutions>[2]> = {},
  executionArns: readonly ExecutionArn[] = [],
) =>
  readLoggedExecutions(
    logsOf(pages),
    { ...everything, executionArns },
    { project: undefined, onPage: () => undefined, signal: new AbortController().signal, ...change },
  );

describe('reading executions from a log', () => {
  const written = fc.record({ name: fc.constantFrom('a', 'b', 'c'), id: fc.integer({ min: 1, max: 12 }) });

  it('gives each execution its records in order, each once, in whatever order, pages and repetitions they come', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.array(written)), async (pages) => {
        const { executions, unreadable } = await read(
          pages.map((page) => page.map(({ name, id }) => messageOf(arnOf(name), id))),
        );
        const wanted = new Map<string, Set<number>>();
        for (const { name, id } of pages.flat())
          wanted.set(arnOf(name), (wanted.get(arnOf(name)) ?? new Set()).add(id));
        expect([...executions].map(([arn, records]) => [arn, records.map(({ id }) => id)])).toEqual(
          [...wanted].map(([arn, ids]) => [arn, [...ids].toSorted((one, other) => one - other)]),
        );
        expect(unreadable).toBe(0);
      }),
    );
  });

  it('takes any text for what it is: a record, something else, or a record that does not read', async () => {
    await fc.assert(
      fc.asyncProperty(fc.oneof(fc.string(), fc.json()), async (text) => {
        const { executions } = await read([[text]]);
        expect(executions.size).toBe(0);
      }),
    );
    const { unreadable, problem } = await read([
      ['[]', '"x"', `{"execution_arn":"${arnOf('a')}","id":"x"}`, '{"execution_arn":7}'],
    ]);
    expect(unreadable).toBe(2);
    expect(problem).toMatch(/^\$\.id: /);
  });

  it('leaves out executions that are not named', async () => {
    const { executions } = await read([[messageOf(arnOf('a'), 1), messageOf(arnOf('b'), 1)]], {}, [
      arnOf('b'),
    ]);
    expect([...executions.keys()]).toEqual([arnOf('b')]);
  });

  it('ends at what fits into memory, before anything is sent', async () => {
    const message = messageOf(arnOf('a'), 1);
    await expect(read([[message, message]], { maxBytes: message.length })).rejects.toThrow(
      /more than \d+ MiB of records; nothing was sent. Take a shorter one/,
    );
  });

  it('reads no further page once the operator stops it', async () => {
    const stop = new AbortController();
    let pages = 0;
    await read([[messageOf(arnOf('a'), 1)], [messageOf(arnOf('a'), 2)]], {
      signal: stop.signal,
      onPage: () => {
        pages += 1;
        stop.abort();
      },
    });
    expect(pages).toBe(1);
  });
});

describe('what a log lacks', () => {
  const recordOf = (id: number, type = 'T') => ({
    id,
    type,
    previousEventId: id - 1,
    timestampMs: 1,
    redriveCount: 0,
    details: {},
  });

  it('is exactly the ids that are not there', () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.integer({ min: 1, max: 30 })), (ids) => {
        const records = ids.toSorted((one, other) => one - other).map((id) => recordOf(id));
        const missing = missingIds(records).flatMap(([first, last]) =>
          Array.from({ length: last - first + 1 }, (_unused, index) => first + index),
        );
        const highest = Math.max(0, ...ids);
        expect([...missing, ...ids].toSorted((one, other) => one - other)).toEqual(
          Array.from({ length: highest }, (_unused, index) => index + 1),
        );
      }),
    );
  });

  it.each([
    [[recordOf(1), recordOf(2, 'ExecutionAborted')], undefined],
    [[recordOf(1), recordOf(2)], 'its end'],
    [[recordOf(3), recordOf(5, 'ExecutionFailed')], 'records 1–2, 4'],
    [[recordOf(2), recordOf(4), recordOf(6), recordOf(8)], 'records 1, 3, 5 and more and its end'],
  ])('is said in words', (records, words) => {
    expect(lackOf(records)).toBe(words);
    expect(hasEnd(records)).toBe(words?.includes('its end') !== true);
  });
});

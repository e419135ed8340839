import { describe, expect, it } from 'vitest';
import fc from 'fast-check';
import * as z from 'zod';
import type { CallContext } from '../core/index.ts';
import { LogStore } from './log-store.ts';
import { createLogsService } from './logs-service.ts';

const DAY_MS = 86_400_000;
const NOW_MS = Date.UTC(2026, 10, 20);
const GROUP = '/aws/vendedlogs/states/P-Logs';

function setUp(options: { readonly scannedPerPage?: number; readonly maxBytes?: number } = {}) {
  const time = { nowMs: NOW_MS };
  const nowMs = () => time.nowMs;
  const store = new LogStore({ nowMs, ...options });
  const service = createLogsService({
    region: 'us-east-1',
    accountId: '111122223333',
    store,
    nowMs,
    ...options,
  });
  const asked: string[] = [];
  const call: CallContext = {
    requestId: 'r',
    principal: { kind: 'root', accountId: '111122223333' },
    authorize: (action, resource) => {
      asked.push(`${action} ${resource}`);
    },
  };
  const ask = async (name: string, input: object) => service.operations[name]?.(input, call);
  return { time, store, asked, ask };
}

const Page = z.object({
  events: z.array(
    z.object({ message: z.string(), timestamp: z.number(), eventId: z.string(), logStreamName: z.string() }),
  ),
  nextToken: z.string().optional(),
});

/** All pages of a question. */
async function read(ask: ReturnType<typeof setUp>['ask'], question: object) {
  const messages: string[] = [];
  let pages = 0;
  let nextToken: string | undefined;
  do {
    const page = Page.parse(await ask('FilterLogEvents', { logGroupName: GROUP, ...question, nextToken }));
    messages.push(...page.events.map(({ message }) => message));
    pages += 1;
    nextToken = page.nextToken;
  } while (nextToken !== undefined);
  return { messages, pages };
}

const record = (timestamp: number, message: string) => ({ id: String(timestamp), timestamp, message });

describe('FilterLogEvents', () => {
  it('gives every event of a range once, in order of time, whatever the page and the order of coming in', async () => {
    const events = fc.array(fc.record({ timestamp: fc.integer({ min: 0, max: 20 }), kind: fc.nat(1) }));
    await fc.assert(
      fc.asyncProperty(
        events,
        fc.integer({ min: 1, max: 5 }),
        fc.integer({ min: 1, max: 5 }),
        fc.tuple(fc.nat(20), fc.nat(20)),
        async (all, limit, scannedPerPage, range) => {
          const { store, ask } = setUp({ scannedPerPage });
          store.createGroup(GROUP);
          for (const [index, { timestamp, kind }] of all.entries())
            store.append(GROUP, `states/${index % 2}`, [
              record(timestamp, JSON.stringify({ kind: String(kind), index })),
            ]);
          const [startTime = 0, endTime = 0] = range.toSorted((one, other) => one - other);
          const wanted = all
            .map((one, index) => ({ ...one, index }))
            .filter((one) => one.kind === 1 && one.timestamp >= startTime && one.timestamp <= endTime)
            .toSorted((one, other) => one.timestamp - other.timestamp || one.index - other.index)
            .map(({ index }) => JSON.stringify({ kind: '1', index }));
          const { messages } = await read(ask, {
            startTime,
            endTime,
            limit,
            filterPattern: '{ $.kind = "1" }',
          });
          expect(messages).toEqual(wanted);
        },
      ),
    );
  });

  it('may give an empty page that leads on', async () => {
    const { store, ask } = setUp({ scannedPerPage: 1 });
    store.append(GROUP, 's', [record(1, '{"a":"1"}'), record(2, '{"a":"2"}')]);
    const page = Page.parse(
      await ask('FilterLogEvents', { logGroupName: GROUP, filterPattern: '{ $.a = "2" }' }),
    );
    expect(page.events).toEqual([]);
    expect(page.nextToken).toBeDefined();
  });

  it('keeps a page within 1 MiB, an event that is larger alone in one', async () => {
    const { store, ask } = setUp();
    store.append(GROUP, 's', [
      record(1, 'a'.repeat(700_000)),
      record(2, 'b'.repeat(700_000)),
      record(3, 'c'.repeat(2_000_000)),
    ]);
    const { messages, pages } = await read(ask, {});
    expect(messages.map((message) => message.charAt(0))).toEqual(['a', 'b', 'c']);
    expect(pages).toBe(3);
  });

  it('narrows to streams, by name or by prefix', async () => {
    const { store, ask } = setUp();
    store.append(GROUP, 'states/A/1', [record(1, 'a')]);
    store.append(GROUP, 'other', [record(2, 'b')]);
    expect((await read(ask, { logStreamNamePrefix: 'states/' })).messages).toEqual(['a']);
    expect((await read(ask, { logStreamNames: ['other'] })).messages).toEqual(['b']);
    expect(
      (
        await read(ask, {
          logGroupName: undefined,
          logGroupIdentifier: `arn:aws:logs:us-east-1:111122223333:log-group:${GROUP}`,
        })
      ).messages,
    ).toEqual(['a', 'b']);
  });

  it('gives nothing whose retention has ended', async () => {
    const { store, ask, asked } = setUp();
    store.append(GROUP, 's', [record(NOW_MS - 2 * DAY_MS, 'old'), record(NOW_MS, 'new')]);
    await ask('PutRetentionPolicy', { logGroupName: GROUP, retentionInDays: 1 });
    expect((await read(ask, {})).messages).toEqual(['new']);
    expect(await ask('DescribeLogGroups', { logGroupNamePrefix: '/aws/' })).toMatchObject({
      logGroups: [{ logGroupName: GROUP, retentionInDays: 1, logGroupClass: 'STANDARD' }],
    });
    expect(asked).toEqual([
      `logs:PutRetentionPolicy arn:aws:logs:us-east-1:111122223333:log-group:${GROUP}:log-stream:`,
      `logs:FilterLogEvents arn:aws:logs:us-east-1:111122223333:log-group:${GROUP}:log-stream:`,
      'logs:DescribeLogGroups arn:aws:logs:us-east-1:111122223333:log-group::log-stream:',
    ]);
  });

  it('refuses a group that is not there, two names at once, and the token of another question', async () => {
    const { store, ask } = setUp({ scannedPerPage: 1 });
    await expect(ask('FilterLogEvents', { logGroupName: 'none' })).rejects.toMatchObject({
      code: 'ResourceNotFoundException',
    });
    await expect(ask('FilterLogEvents', {})).rejects.toMatchObject({ code: 'InvalidParameterException' });
    store.append(GROUP, 's', [record(1, 'a'), record(2, 'b')]);
    const { nextToken } = Page.parse(await ask('FilterLogEvents', { logGroupName: GROUP }));
    await expect(
      ask('FilterLogEvents', { logGroupName: GROUP, startTime: 2, nextToken }),
    ).rejects.toMatchObject({ code: 'InvalidParameterException' });
  });
});

describe('PutLogEvents', () => {
  const put = (logEvents: readonly { readonly timestamp: number; readonly message: string }[]) => ({
    logGroupName: GROUP,
    logStreamName: 's',
    logEvents,
  });

  it('takes what is in time, and says what is not', async () => {
    const { ask, time } = setUp();
    await ask('CreateLogGroup', { logGroupName: GROUP });
    await expect(ask('PutLogEvents', put([{ timestamp: NOW_MS, message: 'a' }]))).rejects.toMatchObject({
      code: 'ResourceNotFoundException',
      message: 'The specified log stream does not exist.',
    });
    await ask('CreateLogStream', { logGroupName: GROUP, logStreamName: 's' });
    expect(await ask('PutLogEvents', put([{ timestamp: NOW_MS, message: 'a' }]))).toEqual({});
    expect(
      await ask(
        'PutLogEvents',
        put([
          { timestamp: NOW_MS, message: 'b' },
          { timestamp: NOW_MS + 3 * 3_600_000, message: 'ahead' },
        ]),
      ),
    ).toEqual({ rejectedLogEventsInfo: { tooNewLogEventStartIndex: 1 } });
    time.nowMs += 14 * DAY_MS;
    expect(
      await ask(
        'PutLogEvents',
        put([
          { timestamp: NOW_MS - 1, message: 'old' },
          { timestamp: NOW_MS, message: 'c' },
        ]),
      ),
    ).toEqual({ rejectedLogEventsInfo: { tooOldLogEventEndIndex: 1 } });
    expect((await read(ask, {})).messages).toEqual(['a', 'b', 'c']);
  });

  it('refuses a batch that is out of order, too long or too large, and a group that is there', async () => {
    const { ask } = setUp();
    await ask('CreateLogGroup', { logGroupName: GROUP });
    await ask('CreateLogStream', { logGroupName: GROUP, logStreamName: 's' });
    for (const events of [
      [
        { timestamp: 2, message: 'a' },
        { timestamp: 1, message: 'b' },
      ],
      [
        { timestamp: 0, message: 'a' },
        { timestamp: DAY_MS + 1, message: 'b' },
      ],
      [{ timestamp: 1, message: 'a'.repeat(1_048_576) }],
      [],
    ])
      await expect(ask('PutLogEvents', put(events))).rejects.toMatchObject({
        code: 'InvalidParameterException',
      });
    await expect(ask('CreateLogGroup', { logGroupName: GROUP })).rejects.toMatchObject({
      code: 'ResourceAlreadyExistsException',
    });
    await expect(ask('CreateLogStream', { logGroupName: GROUP, logStreamName: 's' })).rejects.toMatchObject({
      code: 'ResourceAlreadyExistsException',
    });
  });
});

describe('the log store', () => {
  it('has its oldest events go when it is full', () => {
    const { store } = setUp({ maxBytes: 3_000 });
    for (let at = 1; at <= 10; at += 1) store.append(GROUP, 's', [record(at, 'x'.repeat(350))]);
    expect(store.events(GROUP).map(({ record: { timestamp } }) => timestamp)).toEqual([8, 9, 10]);
  });

  it('lists groups a page at a time', async () => {
    const { store, ask } = setUp();
    for (let at = 10; at < 70; at += 1) store.createGroup(`g${at}`);
    const Groups = z.object({
      logGroups: z.array(z.object({ logGroupName: z.string() })),
      nextToken: z.string().optional(),
    });
    const first = Groups.parse(await ask('DescribeLogGroups', {}));
    const second = Groups.parse(await ask('DescribeLogGroups', { nextToken: first.nextToken }));
    expect([first.logGroups.length, second.logGroups.length, second.nextToken]).toEqual([50, 10, undefined]);
    expect(second.logGroups[0]?.logGroupName).toBe('g60');
  });
});

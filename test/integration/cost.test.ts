import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import fc from 'fast-check';
import { arrivalsOf } from '../bench/cost/course.ts';
import { gatherFigures, perMillion, type Column, type Figures } from '../bench/cost/figures.ts';
import { itemBytes, readUnitsOf, writeUnitsOf } from '../bench/cost/item-size.ts';
import { measure } from '../bench/cost/measure.ts';
import { messageUnitsOf } from '../bench/cost/metered-broker.ts';
import { createMeteredTable } from '../bench/cost/metered-table.ts';
import { ENGINE, usesOfContainer, usesOfIdleMonth } from '../bench/cost/month.ts';
import { costPage } from '../bench/cost/page.ts';
import { dollarsOf } from '../bench/cost/prices.ts';
import { table } from '../bench/cost/table.ts';
import { callsOfPayload, courseOf, INPUTS } from '../bench/cost/upload.ts';

const QUIET = courseOf({ form: 'engine', load: { name: 'quiet', together: 1 } });

describe('the cost model', () => {
  let figures: Figures;

  beforeAll(async () => {
    figures = await gatherFigures();
  });

  function column(form: string, load: string): Column {
    const found = figures.columns.find(({ variant }) => variant.form === form && variant.load.name === load);
    if (found === undefined) throw new Error(`no column of ${form}, ${load}`);
    return found;
  }

  it('is what docs/cost.md shows', () => {
    const page = readFileSync(join(import.meta.dirname, '..', '..', 'docs', 'cost.md'), 'utf8');
    expect(page).toBe(costPage(figures));
  });

  it('measures the same whenever it runs', async () => {
    expect(await measure(QUIET, 'engine')).toEqual(column('engine', 'quiet').measured);
  });

  it('follows thirty log events: an entry for the upload, one for each payload', () => {
    const { measured } = column('engine', 'quiet');
    expect(measured.logEvents).toBe(30);
    expect(measured.progressEvents).toBe(14);
    expect(measured.writes.filter(({ kind }) => kind === 'entry')).toHaveLength(1 + INPUTS.payloads.value);
    expect(measured.handovers).toBe(1 + INPUTS.payloads.value);
  });

  it('has a state and an overview at the beginning and at the end of a run below the interval', () => {
    const { measured } = column('engine', 'quiet');
    expect(measured.handoversWithState).toBe(2);
    for (const kind of ['state', 'overview'])
      expect(measured.messages.filter((message) => message.kind === kind)).toHaveLength(2);
  });

  it('has one more of each for every ten seconds of a longer run', async () => {
    const { messages } = await measure({ ...QUIET, runSeconds: 30 }, 'engine');
    for (const kind of ['state', 'overview'])
      expect(messages.filter((message) => message.kind === kind)).toHaveLength(2 + 3);
  });

  it.each([
    ['is held and not parked', 1_000, 0],
    ['is parked where its log events come later than ends are held', 3_300, 2],
  ])('has an end that %s', async (_what, logDelayMs, writesOfParked) => {
    const { writes, progressEvents } = await measure({ ...QUIET, logDelayMs }, 'engine');
    expect(writes.filter(({ kind }) => kind === 'parked')).toHaveLength(writesOfParked);
    expect(progressEvents).toBe(14);
  });

  it.each([
    ['a message of the start', { statuses: ['RUNNING', 'SUCCEEDED'] }],
    ['no execution data in the logs', { executionData: false }],
  ] as const)('emits the same events with %s, and an entry for the start', async (_what, course) => {
    const variant = courseOf({ form: 'engine', load: { name: 'quiet', together: 1 }, course });
    const { progressEvents, handovers } = await measure(variant, 'engine');
    expect(progressEvents).toBe(14);
    expect(handovers).toBe(2 + INPUTS.payloads.value);
  });

  it('makes the engine cheaper than the apart form, and a busy system cheaper than a quiet one', () => {
    const of = (form: string, load: string) => perMillion(column(form, load).uses);
    expect(of('engine', 'quiet')).toBeLessThan(of('apart', 'quiet'));
    expect(of('engine', 'busy')).toBeLessThan(of('apart', 'busy'));
    expect(of('engine', 'busy')).toBeLessThan(of('engine', 'quiet'));
    expect(of('apart', 'busy')).toBeLessThan(of('apart', 'quiet'));
  });

  it('has something to save with every change that it lists', () => {
    expect(figures.savings.filter(({ dollars }) => dollars.some((saved) => saved <= 0))).toEqual([]);
  });

  it('meters messages in steps of 5 KB', () => {
    expect([0, 1, 5_120, 5_121].map(messageUnitsOf)).toEqual([1, 1, 1, 2]);
  });

  it('has the page connect once, subscribe in packets of eight filters, and ask for nothing', () => {
    for (const [load, subscribes] of [
      ['quiet', 1],
      ['busy', 2],
    ] as const) {
      const { packets } = column('engine', load).measured;
      expect(packets.filter(({ packet }) => packet === 'CONNECT')).toHaveLength(1);
      expect(packets.filter(({ packet }) => packet === 'SUBSCRIBE')).toHaveLength(subscribes);
      expect(packets.filter(({ kind }) => kind === 'requests' || kind === 'replies')).toEqual([]);
    }
  });

  it('delivers every message to every page, of which those that do not upload catch up once', async () => {
    const { messages, packets } = await measure({ ...QUIET, watchers: 3 }, 'engine');
    const published = (kind: string) => messages.filter((message) => message.kind === kind);
    const delivered = (kind: string) =>
      packets.filter(({ packet, kind: one }) => packet === 'PUBLISH' && one === kind);
    for (const kind of ['events', 'state', 'overview'])
      expect(delivered(kind)).toHaveLength(3 * published(kind).length);
    expect(delivered('requests')).toHaveLength(2);
    expect(delivered('replies')).toHaveLength(2);
  });

  it('has a page acknowledge each message of events where it wants them repeated, and nothing else', async () => {
    const { packets } = await measure({ ...QUIET, eventsQos: 1 }, 'engine');
    const acknowledged = packets.filter(({ packet }) => packet === 'PUBACK').map(({ kind }) => kind);
    expect(acknowledged).toEqual(Array(1 + INPUTS.payloads.value).fill('events'));
    expect(column('engine', 'quiet').measured.packets.some(({ packet }) => packet === 'PUBACK')).toBe(false);
  });

  it('counts calls of ten messages', () => {
    expect([1, 10, 11].map(callsOfPayload)).toEqual([1, 1, 2]);
  });

  it('multiplies amounts by list prices', () => {
    const uses = usesOfContainer({ name: 'one', copies: 2, vcpu: 1, gb: 2, cpu: 'x86' });
    expect(dollarsOf(uses)).toBeCloseTo(2 * 730 * (0.04048 + 2 * 0.004445), 6);
    const message = { service: 's', what: 'w', price: 'iotMessage', amount: 1_000_000 } as const;
    expect(dollarsOf([message])).toBeCloseTo(1, 9);
  });

  it('counts long polls of an idle engine by the length of a poll', () => {
    const polls = (pollSeconds: number) =>
      usesOfIdleMonth({ ...ENGINE, pollSeconds })
        .filter(({ service }) => service === 'SQS')
        .reduce((sum, { amount }) => sum + amount, 0);
    expect(polls(20)).toBe((8 * 730 * 3_600) / 20);
    expect(polls(10)).toBe(2 * polls(20));
  });
});

describe('the history of the cost model', () => {
  it('has each log event in one payload, however many payloads there are', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 30 }), fc.integer({ min: 1, max: 5 }), (payloads, uploads) => {
        const { arrivals, logEvents } = arrivalsOf({ ...QUIET, payloads, uploads }, 1, 0);
        expect(logEvents).toBe(30 * uploads);
        expect(arrivals.filter(({ kind }) => kind === 'logs')).toHaveLength(payloads);
        const times = arrivals.map(({ atMs }) => atMs);
        expect(times).toEqual(times.toSorted((one, other) => one - other));
      }),
      { numRuns: 50 },
    );
  });

  it('is smaller without execution data', () => {
    const bytes = (executionData: boolean) => arrivalsOf({ ...QUIET, executionData }, 1, 0).logBytes;
    expect(bytes(false)).toBeLessThan(bytes(true));
  });
});

describe('the size of an item', () => {
  it('is that of its names and texts as UTF-8', () => {
    expect(itemBytes({ pk: { S: 'abc' } })).toBe(2 + 3);
    expect(itemBytes({ naïve: { S: '✓é' } })).toBe(6 + 5);
    fc.assert(
      fc.property(
        fc.dictionary(fc.string({ unit: 'grapheme' }), fc.string({ unit: 'grapheme' })),
        (texts) => {
          const item = Object.fromEntries(Object.entries(texts).map(([name, S]) => [name, { S }]));
          const whole = Object.entries(texts).flat().join('');
          // Joined, halves of surrogate pairs could meet: graphemes have none alone.
          expect(itemBytes(item)).toBe(Buffer.byteLength(whole));
        },
      ),
    );
  });

  it('has a byte for two digits of a number and one more, zeros around it apart', () => {
    const bytes = (N: string) => itemBytes({ n: { N } }) - 1;
    expect(['7', '14', '123', '1200', '0', '0.05', '-14', '1767607200'].map(bytes)).toEqual([
      2, 2, 3, 2, 1, 2, 3, 5,
    ]);
  });

  it('has one byte for a truth value', () => {
    expect(itemBytes({ truncated: { BOOL: true } })).toBe(9 + 1);
  });

  it('takes a write unit for each kilobyte begun, and a read unit for each four', () => {
    expect([0, 1, 1024, 1025, 2462].map(writeUnitsOf)).toEqual([1, 1, 1, 2, 3]);
    expect([0, 1, 4096, 4097].map(readUnitsOf)).toEqual([1, 1, 1, 2]);
  });
});

describe('the metered table', () => {
  const Statement = "INSERT INTO \"t\" VALUE {'pk': ?, 'sk': ?, 'body': ?}";
  const insert = (sk: string, body: string) => ({
    Statement,
    Parameters: [{ S: 'watch#1' }, { S: sk }, { S: body }],
  });

  it('meters an insert that finds its key taken like one that is written', async () => {
    const { dynamodb, writes } = createMeteredTable();
    const Statements = [insert('a', 'x'), insert('a', 'y'.repeat(2_000))];
    const answer = await dynamodb.send('BatchExecuteStatement', { Statements });
    expect(answer).toBe('{"Responses":[{},{"Error":{"Code":"DuplicateItem"}}]}');
    expect(writes.map(({ units }) => units)).toEqual([1, 2]);
  });

  it('meters a deletion by the item that goes, and a query by what it finds', async () => {
    const metered = createMeteredTable();
    const { dynamodb } = metered;
    await dynamodb.send('BatchExecuteStatement', { Statements: [insert('a', 'y'.repeat(4_000))] });
    const Query = {
      TableName: 't',
      KeyConditionExpression: '#pk = :pk',
      ExpressionAttributeValues: { ':pk': { S: 'watch#1' } },
    };
    expect(await dynamodb.send('Query', Query)).toContain('"sk":{"S":"a"}');
    expect(metered.readUnits).toBe(1);
    const Key = { pk: { S: 'watch#1' }, sk: { S: 'a' } };
    await dynamodb.send('BatchWriteItem', { RequestItems: { t: [{ DeleteRequest: { Key } }] } });
    expect(metered.writes.at(-1)).toMatchObject({ deletes: true, units: 4 });
    expect(metered.stored()).toEqual([]);
    expect(await dynamodb.send('Query', Query)).toBe('{"Items":[]}');
    expect(metered.readUnits).toBe(2);
  });
});

describe('a table of the page', () => {
  it('has columns of one width, whatever the cells hold', () => {
    const cell = fc.constantFrom('', 'a', '$1.00', '–', 'engine ≤ $70', '`x`');
    fc.assert(
      fc.property(fc.array(fc.tuple(cell, cell, cell), { minLength: 1, maxLength: 6 }), (rows) => {
        const lengths = table(rows, 1)
          .split('\n')
          .map((line) => line.length);
        expect(new Set(lengths).size).toBe(1);
        expect(lengths).toHaveLength(rows.length + 1);
      }),
    );
  });
});

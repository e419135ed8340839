import { describe, expect, it } from 'vitest';
import { parseJson } from '@stepcast/contracts';
import { DynamoDbError, type DynamoDb } from '@stepcast/kit/dynamodb';
import { ManualTime, settle } from '@stepcast/kit/testing';
import type { JournalAttributes } from '@stepcast/wire';
import fc from 'fast-check';
import * as z from 'zod';
import { createInsertGatherer } from './insert-gatherer.ts';

const Batch = z.object({
  Statements: z.array(z.object({ Statement: z.string(), Parameters: z.array(z.unknown()) })),
});

type Reply = (keys: readonly string[]) => readonly (string | undefined)[] | Error;

const item = (sk: string, bytes = 1): JournalAttributes => ({
  pk: { S: 'p' },
  sk: { S: sk },
  body: { S: 'x'.repeat(bytes) },
});

/** A DynamoDB whose answers wait until the test gives them: a code for each statement, undefined for a success. */
function createScript(options: { readonly auto?: Reply; readonly partiql?: boolean } = {}) {
  const { auto, partiql = true } = options;
  const time = new ManualTime();
  const calls: string[][] = [];
  const statements: string[] = [];
  const puts: string[] = [];
  const waiting: ((reply: ReturnType<Reply>) => void)[] = [];
  let underWay = 0;
  let mostUnderWay = 0;
  const stored = new Set<string>();
  const skOf = (values: readonly unknown[]) => JSON.stringify(values[1]).slice(6, -2);
  const dynamodb: DynamoDb = {
    send(_operation, input) {
      const sk = JSON.stringify(Reflect.get(Object(Reflect.get(input, 'Item')), 'sk')).slice(6, -2);
      puts.push(sk);
      if (stored.has(sk))
        return Promise.reject(new DynamoDbError('PutItem', 'ConditionalCheckFailedException', false));
      stored.add(sk);
      return Promise.resolve('{}');
    },
    async sendText(operation, body) {
      if (!partiql) throw new DynamoDbError(operation, 'UnknownOperationException', false);
      const parsed = parseJson(Batch, body);
      if (!parsed.ok) throw new Error('no statements');
      const keys = parsed.value.Statements.map(({ Statement, Parameters }) => {
        statements.push(Statement);
        return skOf(Parameters);
      });
      calls.push(keys);
      underWay += 1;
      mostUnderWay = Math.max(mostUnderWay, underWay);
      const reply =
        auto === undefined ? await new Promise<ReturnType<Reply>>((go) => waiting.push(go)) : auto(keys);
      underWay -= 1;
      if (reply instanceof Error) throw reply;
      const Responses = keys.map((_key, index) =>
        reply[index] === undefined ? {} : { Error: { Code: reply[index] } },
      );
      return JSON.stringify({ Responses });
    },
    close: () => Promise.resolve(),
  };
  const gatherer = createInsertGatherer({ dynamodb, tableName: 'journal', timers: time, random: () => 0.5 });
  const answer = async (reply: ReturnType<Reply> = []) => {
    waiting.shift()?.(reply);
    await settle();
  };
  return { time, gatherer, calls, statements, puts, answer, most: () => mostUnderWay };
}

const names = (count: number, prefix = 'i') =>
  Array.from({ length: count }, (_unused, index) => `${prefix}${index}`);

describe('gathering inserts', () => {
  it('sends the first at once, and what comes meanwhile together with the next call, in order', async () => {
    const { gatherer, calls, statements, answer } = createScript();
    const first = gatherer.insert(item('a'));
    await settle();
    expect(calls).toEqual([['a']]);
    expect(statements[0]).toBe(`INSERT INTO "journal" VALUE {'pk': ?, 'sk': ?, 'body': ?}`);
    const others = ['b', 'c', 'd'].map((sk) => gatherer.insert(item(sk)));
    await settle();
    expect(calls).toHaveLength(1);
    await answer();
    expect(calls).toEqual([['a'], ['b', 'c', 'd']]);
    await answer([undefined, 'DuplicateItem', undefined]);
    expect(await first).toBe('written');
    expect(await Promise.all(others)).toEqual(['written', 'taken', 'written']);
  });

  it('has 25 statements a call and 16 calls under way at most, all of them full', async () => {
    const { gatherer, calls, answer, most } = createScript();
    const all = names(430).map((sk) => gatherer.insert(item(sk)));
    await settle();
    expect(calls.map((keys) => keys.length)).toEqual(Array.from({ length: 16 }, () => 25));
    for (let call = 0; call < 18; call += 1) await answer();
    expect(new Set(await Promise.all(all))).toEqual(new Set(['written']));
    expect(calls.map((keys) => keys.length)).toEqual([...Array.from({ length: 17 }, () => 25), 5]);
    expect(calls.flat()).toEqual(names(430));
    expect(most()).toBe(16);
  });

  it('sends 1 MB a call at most', async () => {
    const { gatherer, calls, answer } = createScript();
    const all = names(20).map((sk) => gatherer.insert(item(sk, 350_000)));
    await settle();
    while (calls.flat().length < 20) await answer();
    expect(Math.max(...calls.map((keys) => keys.length))).toBeLessThanOrEqual(1_048_576 / 350_000);
    for (const _call of calls) await answer();
    expect(await Promise.all(all)).toHaveLength(20);
  });

  it('sends a statement again, alone with others, after it was throttled, and not those that were written', async () => {
    const { gatherer, calls, answer, time } = createScript();
    const [one, two] = [gatherer.insert(item('one')), gatherer.insert(item('two'))];
    await settle();
    await answer([undefined, 'ThrottlingError']);
    expect(await one).toBe('written');
    expect(calls).toHaveLength(1);
    await time.advance(1_000);
    await answer();
    expect(await two).toBe('written');
    expect(calls).toEqual([['one', 'two'], ['two']]);
  });

  it.each([
    ['ValidationException', 'poison'],
    ['SerializationException', 'poison'],
    ['SomethingNewException', 'unexpected'],
  ])(
    'writes what others gathered when one statement has the whole call refused with %s: all were dead-lettered',
    async (code, failure) => {
      const { gatherer, calls } = createScript({
        auto: (keys) => (keys.includes('bad') ? new DynamoDbError('BatchExecuteStatement', code, false) : []),
      });
      const all = ['a', 'bad', 'b', 'c'].map((sk) =>
        gatherer.insert(item(sk)).catch((thrown: unknown) => thrown),
      );
      expect(await Promise.all(all)).toEqual([
        'written',
        expect.objectContaining({ code: 'CORRELATOR_STORE_FAILED', failure }),
        'written',
        'written',
      ]);
      expect(calls).toEqual([['a', 'bad', 'b', 'c'], ['a'], ['bad'], ['b'], ['c']]);
    },
  );

  it('sends nothing alone when the store is away: that is nobody’s fault', async () => {
    const { gatherer, calls } = createScript({
      auto: () => new DynamoDbError('BatchExecuteStatement', 'InternalServerError', true),
    });
    const all = ['a', 'b'].map((sk) => gatherer.insert(item(sk)).catch((thrown: unknown) => thrown));
    expect(await Promise.all(all)).toMatchObject([
      { failure: 'infrastructure' },
      { failure: 'infrastructure' },
    ]);
    expect(calls).toEqual([['a', 'b']]);
  });

  it.each([
    ['ValidationError', { retryable: false, failure: 'poison' }],
    ['AccessDenied', { retryable: true, failure: 'infrastructure' }],
    ['ResourceNotFound', { retryable: true, failure: 'infrastructure' }],
  ])('fails one statement alone with %s', async (code, expected) => {
    const { gatherer, answer } = createScript();
    const [good, bad] = [gatherer.insert(item('good')), gatherer.insert(item('bad'))];
    const failure = bad.catch((thrown: unknown) => thrown);
    await settle();
    await answer([undefined, code]);
    expect(await good).toBe('written');
    expect(await failure).toMatchObject({ code: 'CORRELATOR_STORE_FAILED', ...expected });
  });

  it('fails all statements of a call that failed as a whole, and goes on', async () => {
    const { gatherer, answer } = createScript();
    const all = ['a', 'b'].map((sk) => gatherer.insert(item(sk)).catch((thrown: unknown) => thrown));
    await settle();
    await answer(new DynamoDbError('BatchExecuteStatement', 'ECONNREFUSED', true));
    for (const failure of await Promise.all(all))
      expect(failure).toMatchObject({ retryable: true, failure: 'infrastructure' });
    const next = gatherer.insert(item('a'));
    await settle();
    await answer();
    expect(await next).toBe('written');
  });

  it('gives up a statement that is throttled for ever, as a fault of the infrastructure', async () => {
    const { gatherer, time } = createScript({
      auto: (keys) => keys.map(() => 'ProvisionedThroughputExceeded'),
    });
    const failure = gatherer.insert(item('a')).catch((thrown: unknown) => thrown);
    await time.advance(60_000);
    expect(await failure).toMatchObject({ retryable: true, failure: 'infrastructure' });
  });

  it('writes by conditional PutItem from the first refusal on where there is no such operation', async () => {
    const { gatherer, calls, puts } = createScript({ partiql: false });
    expect(await gatherer.insert(item('a'))).toBe('written');
    expect(await Promise.all([gatherer.insert(item('a')), gatherer.insert(item('b'))])).toEqual([
      'taken',
      'written',
    ]);
    expect([calls, puts]).toEqual([[], ['a', 'a', 'b']]);
  });

  it('finishes what is in hand when it closes, and takes nothing more', async () => {
    const { gatherer, answer } = createScript();
    const before = [gatherer.insert(item('a')), gatherer.insert(item('b'))];
    await settle();
    let isClosed = false;
    const closing = gatherer.close().then(() => {
      isClosed = true;
    });
    await expect(gatherer.insert(item('c'))).rejects.toMatchObject({ code: 'CORRELATOR_STORE_FAILED' });
    await settle();
    expect(isClosed).toBe(false);
    await answer();
    await closing;
    expect(await Promise.all(before)).toEqual(['written', 'written']);
  });

  it('writes each key once, names no key twice in a call, and loses none, whatever is throttled or taken', async () => {
    const passing = ['ThrottlingError', 'InternalServerError'];
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.record({ key: fc.nat(30), pause: fc.boolean() }), { minLength: 1, maxLength: 80 }),
        fc.array(fc.nat(9), { minLength: 1, maxLength: 40 }),
        async (inserts, luck) => {
          const stored = new Set<string>();
          let turn = 0;
          const script = createScript({
            auto: (keys) =>
              keys.map((key) => {
                turn += 1;
                if (luck[turn % luck.length] === 0 && turn < 400) return passing[turn % 2];
                if (stored.has(key)) return 'DuplicateItem';
                stored.add(key);
                return undefined;
              }),
          });
          const results: Promise<string>[] = [];
          for (const { key, pause } of inserts) {
            results.push(script.gatherer.insert(item(String(key))).catch(() => 'failed'));
            if (pause) await Promise.resolve();
          }
          await script.time.advance(60_000);
          const all = await Promise.all(results);
          for (const keys of script.calls) {
            expect(new Set(keys).size).toBe(keys.length);
            expect(keys.length).toBeLessThanOrEqual(25);
          }
          for (const key of new Set(inserts.map((one) => String(one.key)))) {
            const own = all.filter((_result, index) => String(inserts[index]?.key) === key);
            expect(own.filter((result) => result === 'written').length).toBe(stored.has(key) ? 1 : 0);
            if (!own.includes('failed')) expect(stored.has(key)).toBe(true);
          }
        },
      ),
    );
  });
});

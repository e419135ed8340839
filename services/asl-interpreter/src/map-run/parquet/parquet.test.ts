import { describe, expect, it } from 'vitest';
import fc from 'fast-check';
import { parquetWriteBuffer } from 'hyparquet-writer';
import { machine } from '../../testing/definitions.ts';
import { sandbox } from '../../testing/harness.ts';
import { decodeRows, ParquetProblem } from './decode.ts';
import { readParquet } from './read-parquet.ts';

type Columns = Parameters<typeof parquetWriteBuffer>[0]['columnData'];
const fileOf = (columnData: Columns, codec: 'SNAPPY' | 'UNCOMPRESSED' = 'SNAPPY'): Buffer =>
  Buffer.from(parquetWriteBuffer({ columnData, codec }));
const small = fileOf([
  { name: 'id', data: [1, 2, 3], type: 'INT32' },
  { name: 'name', data: ['a', 'b', 'c'], type: 'STRING' },
]);

describe('a Parquet file', () => {
  it('gives its rows as objects', async () => {
    expect(await decodeRows(small, 10)).toEqual([
      { id: 1, name: 'a' },
      { id: 2, name: 'b' },
      { id: 3, name: 'c' },
    ]);
  });

  it('has moments as milliseconds, long integers as numbers, and nothing as null', async () => {
    const file = fileOf([
      { name: 'at', data: [new Date('2026-11-03T10:15:30.123Z')], type: 'TIMESTAMP' },
      { name: 'long', data: [9007199254740991n], type: 'INT64' },
      { name: 'real', data: [1.5], type: 'DOUBLE' },
      { name: 'flag', data: [true], type: 'BOOLEAN' },
      { name: 'none', data: [null], type: 'STRING', nullable: true },
      { name: 'json', data: [{ a: [1, 'x'] }], type: 'JSON' },
    ]);
    expect(await decodeRows(file, 10)).toEqual([
      {
        at: Date.parse('2026-11-03T10:15:30.123Z'),
        long: 9007199254740991,
        real: 1.5,
        flag: true,
        none: null,
        json: { a: [1, 'x'] },
      },
    ]);
  });

  it('gives no more rows than asked for', async () => {
    expect(await decodeRows(small, 2)).toHaveLength(2);
  });

  it('comes back as it was written, whatever its rows', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.record({ n: fc.integer(), s: fc.string(), b: fc.boolean() }), { minLength: 1 }),
        fc.constantFrom('SNAPPY' as const, 'UNCOMPRESSED' as const),
        async (rows, codec) => {
          const file = fileOf(
            [
              { name: 'n', data: rows.map(({ n }) => n), type: 'INT32' },
              { name: 's', data: rows.map(({ s }) => s), type: 'STRING' },
              { name: 'b', data: rows.map(({ b }) => b), type: 'BOOLEAN' },
            ],
            codec,
          );
          expect(await decodeRows(file, 1000)).toEqual(rows);
        },
      ),
    );
  });

  it.each<[string, Buffer, string]>([
    ['nothing', Buffer.alloc(0), 'PAR1'],
    ['a text', Buffer.from('{"a":1}, and no Parquet'), 'PAR1'],
    ['a file that is cut off', small.subarray(0, small.length - 20), 'PAR1'],
    [
      'a footer larger than AWS takes',
      Buffer.concat([small.subarray(0, -8), Buffer.from([0, 0, 0x60, 0]), Buffer.from('PAR1')]),
      '5242880 are allowed',
    ],
    [
      'a footer longer than the file',
      Buffer.concat([small.subarray(0, -8), Buffer.from([0, 0, 1, 0]), Buffer.from('PAR1')]),
      'longer than the file',
    ],
  ])('is not %s', async (_what, body, problem) => {
    await expect(readParquet(body, 10)).rejects.toThrow(problem);
  });

  it('is read or refused, whichever byte is broken', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.nat({ max: small.length - 1 }),
        fc.integer({ min: 1, max: 255 }),
        async (at, by) => {
          const broken = Buffer.from(small);
          broken.writeUInt8((small.readUInt8(at) + by) % 256, at);
          const answer = await readParquet(broken, 10, 1_500).catch((error: unknown) => error);
          expect(Array.isArray(answer) || answer instanceof ParquetProblem).toBe(true);
        },
      ),
      { numRuns: 20 },
    );
  });

  it('whose pages say that they have no end is given up', async () => {
    const endless = Buffer.from(small);
    // The size of the first page: a reader that believes it never comes any further.
    endless.writeUInt8((small.readUInt8(12) + 0x80) % 256, 12);
    await expect(readParquet(endless, 10, 2_000)).rejects.toThrow(ParquetProblem);
  });
});

describe('an ItemReader of Parquet', () => {
  const echo = {
    ProcessorConfig: { Mode: 'DISTRIBUTED', ExecutionType: 'STANDARD' },
    StartAt: 'I',
    States: { I: { Type: 'Pass', End: true } },
  };
  const run = (body: Buffer, more: object = {}) =>
    sandbox({}, { objects: new Map<string, string | Buffer>([['b/items.parquet', body]]) }).run(
      machine({
        Type: 'Map',
        ItemProcessor: echo,
        ItemReader: {
          Resource: 'arn:aws:states:::s3:getObject',
          ReaderConfig: { InputType: 'PARQUET', MaxItems: 2 },
          Parameters: { Bucket: 'b', Key: 'items.parquet', ...more },
        },
        End: true,
      }),
    );

  it('has a child for each row', async () => {
    expect((await run(small)).output).toEqual([
      { id: 1, name: 'a' },
      { id: 2, name: 'b' },
    ]);
  });

  it('fails with the name of the object for what is no Parquet, and for VersionId, as AWS does', async () => {
    expect(await run(Buffer.from('nothing'))).toMatchObject({
      error: 'States.ItemReaderFailed',
      cause: expect.stringContaining('Unable to read items.parquet as Parquet'),
    });
    expect(await run(small, { VersionId: 'v1' })).toMatchObject({
      error: 'States.ItemReaderFailed',
      cause: expect.stringContaining('VersionId'),
    });
  });
});

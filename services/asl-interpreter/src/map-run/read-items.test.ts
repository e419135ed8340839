import { describe, expect, it } from 'vitest';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import { machine } from '../testing/definitions.ts';
import { chain, sandbox } from '../testing/harness.ts';

const config = { ProcessorConfig: { Mode: 'DISTRIBUTED', ExecutionType: 'STANDARD' } };
const echo = { ...config, StartAt: 'I', States: { I: { Type: 'Pass', End: true } } };
const distributed = (fields: object) =>
  machine({ Type: 'Map', Label: 'Items', ItemProcessor: echo, End: true, ...fields });
const reader = (kind: string, readerConfig: object, key = 'items') => ({
  ItemReader: {
    Resource: `arn:aws:states:::s3:${kind}`,
    ReaderConfig: readerConfig,
    Parameters: kind === 'getObject' ? { Bucket: 'b', Key: key } : { Bucket: 'b', Prefix: 'in/' },
  },
});
const withObjects = (objects: Record<string, string | Buffer>) =>
  sandbox({}, { objects: new Map(Object.entries(objects)) });

describe('an ItemReader', () => {
  it.each<[string, object, string | Buffer, unknown]>([
    ['JSON', { InputType: 'JSON' }, '[1,{"a":2}]', [1, { a: 2 }]],
    ['JSON behind a pointer', { InputType: 'JSON', ItemsPointer: '/x/y' }, '{"x":{"y":[3]}}', [3]],
    ['JSON lines', { InputType: 'JSONL' }, '{"a":1}\n\n{"a":2}\n', [{ a: 1 }, { a: 2 }]],
    [
      'CSV with names in the first row',
      { InputType: 'CSV', CSVHeaderLocation: 'FIRST_ROW' },
      '\uFEFFa,b\r\n1,"x, ""y""\nz"\r\n2\r\n',
      [
        { a: '1', b: 'x, "y"\nz' },
        { a: '2', b: '' },
      ],
    ],
    [
      'CSV with given names',
      { InputType: 'CSV', CSVHeaderLocation: 'GIVEN', CSVHeaders: ['a', 'b'], CSVDelimiter: 'TAB' },
      '1\t2\n3\t4\textra\n',
      [
        { a: '1', b: '2' },
        { a: '3', b: '4' },
      ],
    ],
    ['no more than MaxItems', { InputType: 'JSON', MaxItems: 2 }, '[1,2,3]', [1, 2]],
  ])('reads %s', async (_what, readerConfig, body, expected) => {
    const one = withObjects({ 'b/items': body });
    const { output, events } = await one.run(distributed(reader('getObject', readerConfig)));
    expect(output).toEqual(expected);
    expect(events[2]?.details).toEqual({ length: 0 });
  });

  it('reads the objects of a prefix, as a list or one after the other', async () => {
    const objects = { 'b/in/1': '[1]', 'b/in/2': '[2,3]', 'b/out': '[9]' };
    const listed = await withObjects(objects).run(distributed(reader('listObjectsV2', {})));
    expect(listed.output).toMatchObject([
      { Key: 'in/1', Size: 3, StorageClass: 'STANDARD' },
      { Key: 'in/2' },
    ]);
    const loaded = await withObjects(objects).run(
      distributed(reader('listObjectsV2', { InputType: 'JSON', Transformation: 'LOAD_AND_FLATTEN' })),
    );
    expect(loaded.output).toEqual([1, 2, 3]);
  });

  it('reads an inventory by its manifest', async () => {
    const one = withObjects({
      'b/items': JSON.stringify({ fileSchema: 'Bucket, Key', files: [{ key: 'data/1.csv.gz' }] }),
      'b/data/1.csv.gz': gzipSync('"b","one"\n"b","two"\n'),
    });
    const { output } = await one.run(distributed(reader('getObject', { InputType: 'MANIFEST' })));
    expect(output).toEqual([
      { Bucket: 'b', Key: 'one' },
      { Bucket: 'b', Key: 'two' },
    ]);
  });

  it('takes an inventory without InputType, which AWS forbids beside S3_INVENTORY', async () => {
    const one = withObjects({
      'b/items': JSON.stringify({ fileSchema: 'Bucket, Key', files: [{ key: '1.csv' }] }),
      'b/1.csv': '"b","one"\n',
    });
    const { output } = await one.run(distributed(reader('getObject', { ManifestType: 'S3_INVENTORY' })));
    expect(output).toEqual([{ Bucket: 'b', Key: 'one' }]);
  });

  it.each([
    ['a.csv.gz', gzipSync],
    ['a.csv.zst', zstdCompressSync],
    ['a.csv.zstd', zstdCompressSync],
  ])('unpacks %s', async (key, pack) => {
    const one = withObjects({ [`b/${key}`]: pack('a\n1\n') });
    const { output } = await one.run(
      distributed(reader('getObject', { InputType: 'CSV', CSVHeaderLocation: 'FIRST_ROW' }, key)),
    );
    expect(output).toEqual([{ a: '1' }]);
  });

  it('unpacks no more than it reads of an object that is not packed', async () => {
    const bomb = gzipSync(Buffer.alloc(100 * 1024 * 1024 + 1));
    const one = withObjects({ 'b/bomb.json.gz': bomb });
    const { error, cause } = await one.run(
      distributed(reader('getObject', { InputType: 'JSON' }, 'bomb.json.gz')),
    );
    expect(error).toBe('States.ItemReaderFailed');
    expect(cause).toContain('Unable to decompress bomb.json.gz');
  });

  it('says in the context object where an item is from', async () => {
    const select = { ItemSelector: { 'from.$': '$$.Map.Item.Source', 'at.$': '$$.Map.Item.Index' } };
    const one = withObjects({ 'b/in/1': '[1]', 'b/in/2': '[2]' });
    const list = reader('listObjectsV2', { InputType: 'JSON', Transformation: 'LOAD_AND_FLATTEN' });
    expect((await one.run(distributed({ ...list, ...select }))).output).toEqual([
      { from: 'S3://b/in/1', at: 0 },
      { from: 'S3://b/in/2', at: 1 },
    ]);
    const bare = await one.run(distributed({ ...reader('listObjectsV2', {}), ...select }));
    expect(bare.output).toMatchObject([{ from: 'S3://b' }, { from: 'S3://b' }]);
    expect((await one.run(distributed(select), [7])).output).toEqual([{ from: 'STATE_DATA', at: 0 }]);
  });

  it('reads what Athena has unloaded, by its manifest', async () => {
    const one = withObjects({
      'b/items': 's3://c/part-1\ns3://c/part-2.zst\n',
      'c/part-1': '{"a":1}\n',
      'c/part-2.zst': zstdCompressSync('{"a":2}\n{"a":3}\n'),
    });
    const { output } = await one.run(
      distributed(reader('getObject', { InputType: 'JSONL', ManifestType: 'ATHENA_DATA' })),
    );
    expect(output).toEqual([{ a: 1 }, { a: 2 }, { a: 3 }]);
  });

  it.each<[string, string, unknown]>([
    ['no rows', 'a,b\n', []],
    ['nothing', '', []],
    [
      'rows of different lengths',
      'a,b\n1\n1,2,3\n',
      [
        { a: '1', b: '' },
        { a: '1', b: '2' },
      ],
    ],
    [
      'backslashes before what they mean, and before anything else',
      'path,size\nC:\\\\Program\\, Files\\x,1\n"a\\"b\\\\",2\n3\\',
      [
        { path: 'C:\\Program, Filesx', size: '1' },
        { path: 'a"b\\', size: '2' },
        { path: '3', size: '' },
      ],
    ],
    ['a quote in the middle of a field', 'a\nx"y\n', [{ a: 'x"y' }]],
    [
      'names of inherited members',
      '__proto__,constructor\n1,2\n',
      [JSON.parse('{"__proto__":"1","constructor":"2"}')],
    ],
    ['bytes that are no text', 'a\n\u0000\uFFFD\n', [{ a: '\u0000\uFFFD' }]],
  ])('takes CSV with %s', async (_what, body, expected) => {
    const one = withObjects({ 'b/items': body });
    const config = { InputType: 'CSV', CSVHeaderLocation: 'FIRST_ROW' };
    expect((await one.run(distributed(reader('getObject', config)))).output).toEqual(expected);
  });

  it('had made-up items: an object that is missing in a bucket that is there', async () => {
    const one = sandbox({}, { buckets: ['b'] });
    expect(await one.run(distributed(reader('getObject', { InputType: 'JSON' })))).toMatchObject({
      error: 'States.ItemReaderFailed',
      cause: 'The specified key does not exist.',
    });
  });

  it('has made-up items where there is no such bucket, as far as the sandbox stands in', async () => {
    const one = sandbox({}, { buckets: ['other'] });
    const results = {
      ResultWriter: { Resource: 'arn:aws:states:::s3:putObject', Parameters: { Bucket: 'b' } },
    };
    const { status, output } = await one.run(
      distributed({ ...reader('getObject', { InputType: 'JSON' }), ...results }),
    );
    expect(status).toBe('SUCCEEDED');
    expect(output).toMatchObject({ ResultWriterDetails: { Bucket: 'b' } });
    expect(one.all()).toHaveLength(4);
  });

  it('fails for what is not compressed as its name says', async () => {
    const one = withObjects({
      'b/items': JSON.stringify({ fileSchema: 'Bucket, Key', files: [{ key: 'data/1.csv.gz' }] }),
      'b/data/1.csv.gz': 'not gzip',
    });
    expect(await one.run(distributed(reader('getObject', { InputType: 'MANIFEST' })))).toMatchObject({
      error: 'States.ItemReaderFailed',
      cause: expect.stringContaining('Unable to decompress data/1.csv.gz'),
    });
  });

  it.each<[string, object, string, string]>([
    [
      'duplicate headers',
      { InputType: 'CSV', CSVHeaderLocation: 'FIRST_ROW' },
      'a,a\n1,2\n',
      'CSV headers cannot contain duplicates.',
    ],
    [
      'a quote that is not closed',
      { InputType: 'CSV', CSVHeaderLocation: 'FIRST_ROW' },
      'a\n"1\n',
      'the quote in row 2 is not closed',
    ],
    ['broken JSON', { InputType: 'JSON' }, '[1,', 'Unable to parse the content of items as JSON.'],
    ['no list', { InputType: 'JSON' }, '7', 'Attempting to map over non-iterable node.'],
    ['no object', { InputType: 'JSON' }, '', 'The specified key does not exist.'],
    [
      'a line that is no JSON',
      { InputType: 'JSONL' },
      '{"a":1}\n{"a"\n',
      'Unable to parse the content of items as JSON.',
    ],
    [
      'Parquet',
      { InputType: 'PARQUET' },
      'PAR1',
      'Unable to read items as Parquet: it does not end with PAR1',
    ],
    ['a manifest that is none', { InputType: 'MANIFEST' }, '[]', 'The manifest has no files and fileSchema.'],
    [
      'an Athena manifest that names no object',
      { InputType: 'CSV', ManifestType: 'ATHENA_DATA' },
      'nowhere\n',
      'The manifest names a file that is no s3:// address: nowhere',
    ],
  ])(
    'fails with States.ItemReaderFailed for %s (chain recorded from AWS)',
    async (_what, readerConfig, body, problem) => {
      const one = body === '' ? sandbox() : withObjects({ 'b/items': body });
      const { events, error, cause } = await one.run(distributed(reader('getObject', readerConfig)));
      expect({ error, cause }).toEqual({ error: 'States.ItemReaderFailed', cause: problem });
      expect(chain(events).slice(3)).toEqual([
        '4 MapRunStarted<-3',
        '5 MapRunFailed<-4',
        '6 MapStateFailed<-5',
        '7 ExecutionFailed<-6',
      ]);
    },
  );
});

import { describe, expect, it } from '@jest/globals';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import { chain, functionArn, sandbox, type Handler } from '../testing/harness.ts';
import type { Json } from '../json.ts';
import { handler, machine } from '../testing/definitions.ts';

const config = { ProcessorConfig: { Mode: 'DISTRIBUTED', ExecutionType: 'STANDARD' } };
const echo = { ...config, StartAt: 'I', States: { I: { Type: 'Pass', End: true } } };
const call = {
  ...config,
  StartAt: 'I',
  States: { I: { Type: 'Task', Resource: functionArn('fn'), End: true } },
};
const distributed = (fields: object) =>
  machine({ Type: 'Map', Label: 'Items', ItemProcessor: echo, End: true, ...fields });
const reader = (kind: string, readerConfig: object, key = 'items') => ({
  ItemReader: {
    Resource: `arn:aws:states:::s3:${kind}`,
    ReaderConfig: readerConfig,
    Parameters: kind === 'getObject' ? { Bucket: 'b', Key: key } : { Bucket: 'b', Prefix: 'in/' },
  },
});
const withObjects = (objects: Record<string, string | Buffer>, handlers: Record<string, Handler> = {}) =>
  sandbox(handlers, { objects: new Map(Object.entries(objects)) });

describe('a distributed Map', () => {
  it('runs a child execution for each item and has the begin and end of its Map Run in its history (recorded from AWS)', async () => {
    const one = sandbox();
    const { output, events } = await one.run(distributed({}), ['a', 'b']);
    expect(output).toEqual(['a', 'b']);
    expect(chain(events)).toEqual([
      '1 ExecutionStarted<-0',
      '2 MapStateEntered<-0',
      '3 MapStateStarted<-2',
      '4 MapRunStarted<-3',
      '5 MapRunSucceeded<-4',
      '6 MapStateSucceeded<-5',
      '7 MapStateExited<-5',
      '8 ExecutionSucceeded<-7',
    ]);
    expect(events[2]?.details).toEqual({ length: 2 });
    const mapRunArn = events[3]?.details.mapRunArn ?? '';
    expect(mapRunArn).toMatch(/^arn:aws:states:us-east-1:111122223333:mapRun:ProgressPipeline\/Items:0000/);
    const children = one.all().slice(1);
    expect(children.map(({ executionArn }) => executionArn.split(':')[6])).toEqual([
      'ProgressPipeline/Items',
      'ProgressPipeline/Items',
    ]);
    expect(chain(children[0]?.events ?? [])).toEqual([
      '1 ExecutionStarted<-0',
      '2 PassStateEntered<-0',
      '3 PassStateExited<-2',
      '4 ExecutionSucceeded<-3',
    ]);
    expect(one.mapRuns.get(mapRunArn)).toMatchObject({
      status: 'SUCCEEDED',
      itemCounts: { succeeded: 2, total: 2, running: 0, pending: 0, resultsWritten: 2 },
    });
  });

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
    ['rows of different lengths', 'a,b\n1\n1,2,3\n', [{ a: '1', b: '' }, { a: '1', b: '2' }]],
    ['a quote in the middle of a field', 'a\nx"y\n', [{ a: 'x"y' }]],
    ['names of inherited members', '__proto__,constructor\n1,2\n', [JSON.parse('{"__proto__":"1","constructor":"2"}')]],
    ['bytes that are no text', 'a\n\u0000\uFFFD\n', [{ a: '\u0000\uFFFD' }]],
  ])('takes CSV with %s', async (_what, body, expected) => {
    const one = withObjects({ 'b/items': body });
    const config = { InputType: 'CSV', CSVHeaderLocation: 'FIRST_ROW' };
    expect((await one.run(distributed(reader('getObject', config)))).output).toEqual(expected);
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
    ['a line that is no JSON', { InputType: 'JSONL' }, '{"a":1}\n{"a"\n', 'Unable to parse the content of items as JSON.'],
    ['Parquet', { InputType: 'PARQUET' }, 'PAR1', 'Parquet files are not read in the sandbox.'],
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

  it('selects and batches items', async () => {
    const { output } = await sandbox().run(
      distributed({
        ItemsPath: '$.list',
        ItemSelector: { 'v.$': '$$.Map.Item.Value', 'i.$': '$$.Map.Item.Index' },
        ItemBatcher: { MaxItemsPerBatch: 2, BatchInput: { 'common.$': '$.common' } },
      }),
      { list: ['a', 'b', 'c'], common: 1 },
    );
    expect(output).toEqual([
      {
        BatchInput: { common: 1 },
        Items: [
          { v: 'a', i: 0 },
          { v: 'b', i: 1 },
        ],
      },
      { BatchInput: { common: 1 }, Items: [{ v: 'c', i: 2 }] },
    ]);
  });

  it('keeps batches within their bytes', async () => {
    const { output } = await sandbox().run(
      distributed({ ItemBatcher: { MaxInputBytesPerBatch: 120 } }),
      Array.from({ length: 10 }, () => 'x'.repeat(30)),
    );
    const batches = Array.isArray(output) ? output : [];
    expect(batches).toHaveLength(5);
    for (const batch of batches) expect(JSON.stringify(batch).length).toBeLessThanOrEqual(120);
  });

  it('takes the members of an object as items', async () => {
    const { output } = await sandbox().run(
      distributed({ ItemSelector: { 'k.$': '$$.Map.Item.Key', 'v.$': '$$.Map.Item.Value' } }),
      { a: 1, b: 2 },
    );
    expect(output).toEqual([
      { k: 'a', v: 1 },
      { k: 'b', v: 2 },
    ]);
  });

  it('runs no more children at once than MaxConcurrency says', async () => {
    let running = 0;
    let most = 0;
    const one = sandbox(
      handler(async () => {
        most = Math.max(most, (running += 1));
        await new Promise((resolve) => one.time.after(1000, () => resolve(undefined)));
        running -= 1;
      }),
    );
    await one.run(distributed({ ItemProcessor: call, MaxConcurrency: 3 }), [1, 2, 3, 4, 5, 6, 7]);
    expect(most).toBe(3);
  });

  const failingOn = (bad: readonly number[]) =>
    handler((payload) => {
      if (bad.includes(Number(payload))) throw Object.assign(new Error('bad'), { name: 'Bad' });
      return payload;
    });

  it('fails with the first failure that is not tolerated, and stops what runs', async () => {
    const one = sandbox(failingOn([1]));
    const { error, events } = await one.run(
      distributed({ ItemProcessor: call, MaxConcurrency: 1 }),
      [1, 2, 3],
    );
    expect(error).toBe('States.ExceedToleratedFailureThreshold');
    expect(events.at(-3)?.type).toBe('MapRunFailed');
    expect([...one.mapRuns.values()][0]).toMatchObject({
      status: 'FAILED',
      itemCounts: { failed: 1, aborted: 2, succeeded: 0, total: 3 },
    });
  });

  it.each([
    [{ ToleratedFailureCount: 2 }, 'SUCCEEDED'],
    [{ ToleratedFailureCount: 1 }, 'FAILED'],
    [{ ToleratedFailurePercentage: 50 }, 'SUCCEEDED'],
    [{ ToleratedFailurePercentage: 49 }, 'FAILED'],
    [{ ToleratedFailureCountPath: '$[3]' }, 'SUCCEEDED'],
  ])('with %j and two failures of four has %s', async (fields, expected) => {
    const one = sandbox(failingOn([1, 2]));
    const { status, output } = await one.run(distributed({ ItemProcessor: call, ...fields }), [1, 2, 3, 4]);
    expect(status).toBe(expected);
    if (status === 'SUCCEEDED') expect(output).toMatchObject([{ Status: 'FAILED' }, { Error: 'Bad' }, 3, 4]);
  });

  it.each<[object, Json, string]>([
    [
      { ToleratedFailureCountPath: '$.t', ItemsPath: '$.l' },
      { l: [1], t: 'NoNumber' },
      'The ToleratedFailureCountPath field refers to value "NoNumber" which is not a valid integer: $.t',
    ],
    [
      { ToleratedFailurePercentagePath: '$.t', ItemsPath: '$.l' },
      { l: [1], t: {} },
      'The ToleratedFailurePercentagePath field refers to value "{}" which is not a valid float: $.t',
    ],
    [
      { ToleratedFailurePercentagePath: '$.t', ItemsPath: '$.l' },
      { l: [1], t: 100.1 },
      'ToleratedFailurePercentage must be between 0 and 100.',
    ],
  ])('with %j over %j fails before its Map Run (recorded from AWS)', async (fields, input, problem) => {
    const { events, cause } = await sandbox().run(distributed(fields), input);
    expect(cause).toContain(problem);
    expect(chain(events).slice(2)).toEqual(['3 MapStateStarted<-2', '4 ExecutionFailed<-3']);
  });

  it('writes results to S3 by their status, with a manifest', async () => {
    const one = sandbox(failingOn([1]));
    const { output } = await one.run(
      distributed({
        ItemProcessor: call,
        ToleratedFailureCount: 1,
        ResultWriter: {
          Resource: 'arn:aws:states:::s3:putObject',
          Parameters: { Bucket: 'b', Prefix: 'out' },
        },
      }),
      [1, 2],
    );
    const names = [...one.objects.keys()];
    expect(names.map((name) => name.replace(/[0-9a-f-]{36}/, 'RUN'))).toEqual([
      'b/out/RUN/SUCCEEDED_0.json',
      'b/out/RUN/FAILED_0.json',
      'b/out/RUN/manifest.json',
    ]);
    expect(output).toMatchObject({ ResultWriterDetails: { Bucket: 'b', Key: names[2]?.slice(2) } });
    expect(String(one.objects.get(names[0] ?? ''))).toContain('"Output":"2"');
  });

  it('flattens lists of results when the writer says so', async () => {
    const { output } = await sandbox().run(
      distributed({ ResultWriter: { WriterConfig: { Transformation: 'FLATTEN', OutputType: 'JSON' } } }),
      [[1, 2], [3]],
    );
    expect(output).toEqual([1, 2, 3]);
  });

  it('stops its children when the parent is stopped', async () => {
    const one = sandbox(handler(() => new Promise(() => undefined)));
    const parent = one.start(distributed({ ItemProcessor: call }), [1, 2]);
    await one.time.advance(0);
    await one.stop(parent);
    await one.time.advance(0);
    expect(one.all().map(({ status }) => status)).toEqual(['ABORTED', 'ABORTED', 'ABORTED']);
    expect([...one.mapRuns.values()][0]?.status).toBe('ABORTED');
  });

  it('does not show its children the variables around it', async () => {
    const { error } = await sandbox().run({
      QueryLanguage: 'JSONata',
      StartAt: 'A',
      States: {
        A: { Type: 'Pass', Assign: { x: 1 }, Output: [1], Next: 'M' },
        M: {
          Type: 'Map',
          ItemProcessor: {
            ...config,
            StartAt: 'I',
            States: { I: { Type: 'Pass', Output: '{% $x %}', End: true } },
          },
          End: true,
        },
      },
    });
    expect(error).toBe('States.ExceedToleratedFailureThreshold');
  });
});

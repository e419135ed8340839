import { describe, expect, it } from 'vitest';
import { chain, functionArn, sandbox } from '../testing/harness.ts';
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

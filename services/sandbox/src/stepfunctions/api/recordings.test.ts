import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { RecordingInvalidError, RecordingRefusedError } from '../recordings/errors.ts';
import { error, idsOf, pass, prefix, tokenOf } from '../testing/api-harness.ts';
import { functionArn, sandbox } from '../testing/harness.ts';

const definition = {
  StartAt: 'M',
  States: {
    M: {
      Type: 'Map',
      ItemProcessor: {
        StartAt: 'T',
        States: { T: { Type: 'Task', Resource: functionArn('fn'), End: true } },
      },
      End: true,
    },
  },
};

/** An execution that another sandbox ran, as the API tells it. */
async function recorded() {
  const origin = sandbox({ fn: () => ({ secret: 1 }) });
  const { executionArn } = await origin.run(definition, [1, 2, 3]);
  const execution = await origin.call('DescribeExecution', { executionArn });
  const history = await origin.call('GetExecutionHistory', { executionArn });
  const stateMachine = await origin.call('DescribeStateMachineForExecution', { executionArn });
  return { origin, executionArn, recording: { execution, history, stateMachine } };
}

/** Dates as version 2 of the AWS CLI writes them. */
function withTextDates(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withTextDates);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, part]) => [
      name,
      /^(timestamp|\w+Date)$/.test(name) && typeof part === 'number'
        ? new Date(part * 1_000).toISOString().replace('Z', '000+00:00')
        : withTextDates(part),
    ]),
  );
}

describe('an imported execution', () => {
  it.each([
    ['numbers', (value: unknown) => value],
    ['texts', withTextDates],
  ])('is answered for as where it ran, from a recording with dates as %s', async (_name, written) => {
    const { executionArn, recording } = await recorded();
    const other = sandbox();
    expect(other.stepFunctions.importExecution(written(recording))).toEqual({
      executionArn,
      status: 'SUCCEEDED',
      events: 27,
    });
    await expect(other.call('DescribeExecution', { executionArn })).resolves.toEqual(recording.execution);
    await expect(other.call('GetExecutionHistory', { executionArn })).resolves.toEqual(recording.history);
    await expect(other.call('DescribeStateMachineForExecution', { executionArn })).resolves.toEqual(
      recording.stateMachine,
    );
  });

  it('is paged in both directions, and goes without data when it is not wanted', async () => {
    const { executionArn, recording } = await recorded();
    const other = sandbox();
    other.stepFunctions.importExecution(recording);
    for (const reverseOrder of [false, true]) {
      const ids: unknown[] = [];
      let nextToken: string | undefined;
      do {
        const asked = { executionArn, reverseOrder, maxResults: 5, nextToken };
        const page = await other.call('GetExecutionHistory', asked);
        ids.push(...idsOf(page));
        nextToken = tokenOf(page);
      } while (nextToken !== undefined);
      const all = idsOf(recording.history);
      expect(ids).toEqual(reverseOrder ? all.toReversed() : all);
    }
    const bare = [
      await other.call('GetExecutionHistory', { executionArn, includeExecutionData: false }),
      await other.call('DescribeExecution', { executionArn, includedData: 'METADATA_ONLY' }),
    ];
    expect(JSON.stringify(bare)).not.toMatch(/secret|"input"|"output"/);
    expect(JSON.stringify(bare)).toContain('"mapIterationStartedEventDetails":{"index":2,"name":"M"}');
  });

  it('is listed with those that ran here, and is not started, stopped or run over', async () => {
    const { executionArn, recording } = await recorded();
    const other = sandbox();
    other.stepFunctions.importExecution(recording);
    const stateMachineArn = `${prefix}:stateMachine:ProgressPipeline`;
    await expect(other.call('ListExecutions', { stateMachineArn })).resolves.toMatchObject({
      executions: [{ executionArn, status: 'SUCCEEDED', redriveCount: 0 }],
    });
    await expect(
      other.call('ListExecutions', { stateMachineArn, redriveFilter: 'REDRIVEN' }),
    ).resolves.toMatchObject({ executions: [] });
    expect(() => other.start(pass)).toThrow(error('ExecutionAlreadyExists'));
    await expect(other.call('StopExecution', { executionArn })).rejects.toEqual(
      error('ValidationException', /imported/),
    );
    await expect(other.call('RedriveExecution', { executionArn })).rejects.toEqual(
      error('ExecutionNotRedrivable', /SUCCEEDED/),
    );
    other.stepFunctions.importExecution(recording);

    const itself = sandbox();
    const { executionArn: ranHere } = await itself.run(pass);
    expect(ranHere).toBe(executionArn);
    expect(() => itself.stepFunctions.importExecution(recording)).toThrow(RecordingRefusedError);
  });

  it('answers for its Map Runs, and without its definition says that the machine does not exist', async () => {
    const { executionArn, recording } = await recorded();
    const other = sandbox();
    const mapRunArn = `${prefix}:mapRun:ProgressPipeline/Items:0d8f`;
    const run = { mapRunArn, executionArn, status: 'SUCCEEDED', itemCounts: { total: 3, succeeded: 3 } };
    const { execution, history } = recording;
    other.stepFunctions.importExecution({ execution, history, mapRuns: [run] });
    await expect(other.call('DescribeMapRun', { mapRunArn })).resolves.toEqual(run);
    await expect(other.call('DescribeMapRun', { mapRunArn: `${mapRunArn}0` })).rejects.toEqual(
      error('ResourceNotFound'),
    );
    await expect(other.call('DescribeStateMachineForExecution', { executionArn })).rejects.toEqual(
      error('StateMachineDoesNotExist'),
    );
  });

  it('comes in as many pages as it was fetched in', async () => {
    const { origin, executionArn, recording } = await recorded();
    const history: unknown[] = [];
    let nextToken: string | undefined;
    do {
      const page = await origin.call('GetExecutionHistory', { executionArn, maxResults: 9, nextToken });
      history.push(page);
      nextToken = tokenOf(page);
    } while (nextToken !== undefined);
    expect(history).toHaveLength(3);
    const other = sandbox();
    other.stepFunctions.importExecution({ ...recording, history });
    await expect(other.call('GetExecutionHistory', { executionArn })).resolves.toEqual(recording.history);
  });
});

describe('a recording that cannot be used', () => {
  const executionArn = `${prefix}:execution:M:e`;
  const execution = {
    executionArn,
    stateMachineArn: `${prefix}:stateMachine:M`,
    name: 'e',
    status: 'SUCCEEDED',
    startDate: 1,
  };
  const event = (id: number, type: string) => ({ id, type, timestamp: 1, previousEventId: 0 });
  const events = [event(1, 'ExecutionStarted'), event(2, 'ExecutionSucceeded')];

  it.each<[string, unknown, RegExp]>([
    ['is no object', 'x', /execution.*get-execution-history/s],
    ['has no history', { execution }, /\$\.history/],
    [
      'names no execution',
      { execution: { ...execution, executionArn: 'e' }, history: { events } },
      /\$\.execution\.executionArn: no ARN/,
    ],
    [
      'is of an Express execution',
      {
        execution: { ...execution, executionArn: `${prefix}:express:M:e:0d8f` },
        history: { events },
      },
      /Express/,
    ],
    [
      'has a date that is none',
      { execution: { ...execution, startDate: 'yesterday' }, history: { events } },
      /\$\.execution\.startDate/,
    ],
    ['has more pages', { execution, history: { events, nextToken: 'x' } }, /nextToken.*all pages/],
    ['lacks an event', { execution, history: { events: [event(1, 'A'), event(3, 'B')] } }, /event 2/],
    ['has an event twice', { execution, history: { events: [...events, events[1]] } }, /event 3.*twice/],
    ['has no events', { execution, history: { events: [] } }, /event 1/],
    [
      'ends otherwise than the execution',
      { execution: { ...execution, status: 'FAILED' }, history: { events } },
      /ends with ExecutionSucceeded.*FAILED/,
    ],
    [
      'has a Map Run of another execution',
      { execution, history: { events }, mapRuns: [{ mapRunArn: 'm', executionArn: 'other' }] },
      /was not started by/,
    ],
  ])('because it %s is refused with what to do', (_name, value, message) => {
    const { stepFunctions } = sandbox();
    expect(() => stepFunctions.importExecution(value)).toThrow(RecordingInvalidError);
    expect(() => stepFunctions.importExecution(value)).toThrow(message);
  });

  it('because there are as many as the sandbox keeps is refused; one that is there is replaced', () => {
    const { stepFunctions } = sandbox();
    const named = (name: string) => ({
      execution: { ...execution, executionArn: `${prefix}:execution:M:${name}`, name },
      history: { events },
    });
    for (let index = 0; index < 1_000; index += 1) stepFunctions.importExecution(named(`e${index}`));
    expect(() => stepFunctions.importExecution(named('one-more'))).toThrow(/1000 recordings/);
    expect(stepFunctions.importExecution(named('e7'))).toMatchObject({ events: 2 });
  });
});

describe('moments that are said twice', () => {
  it('are the same in the description and in the history, whatever the clock does between', async () => {
    let ticks = 0;
    const nowMs = () => Date.UTC(2026, 10, 3) + (ticks += 1);
    const one = sandbox({}, { clock: { nowMs } });
    const { executionArn } = await one.run({ StartAt: 'P', States: { P: { Type: 'Pass', End: true } } });
    const Said = z.object({ startDate: z.number(), stopDate: z.number() });
    const { startDate, stopDate } = Said.parse(await one.call('DescribeExecution', { executionArn }));
    const Events = z.object({ events: z.array(z.object({ timestamp: z.number() })) });
    const { events } = Events.parse(await one.call('GetExecutionHistory', { executionArn }));
    expect([events[0]?.timestamp, events.at(-1)?.timestamp]).toEqual([startDate, stopDate]);
  });
});

describe('an imported child of a distributed Map', () => {
  const arnOf = (kind: string, name: string) => `${prefix}:${kind}:M/Label:${name}`;
  const mapRunArn = arnOf('mapRun', 'run');
  const child = (name: string, isExpress: boolean) => ({
    execution: {
      executionArn: isExpress ? arnOf('express', `${name}:${name}`) : arnOf('execution', name),
      stateMachineArn: arnOf('stateMachine', '').slice(0, -1),
      name,
      status: 'RUNNING',
      startDate: 1,
      mapRunArn,
    },
    history: { events: [{ id: 1, previousEventId: 0, type: 'ExecutionStarted', timestamp: 1 }] },
  });

  it('is listed by its Map Run and by nothing else, also of the type Express', async () => {
    const one = sandbox();
    for (const recording of [child('a', false), child('b', true)])
      one.stepFunctions.importExecution(recording);
    const listed = z
      .object({ executions: z.array(z.object({ name: z.string() })) })
      .parse(await one.call('ListExecutions', { mapRunArn }));
    expect(listed.executions.map(({ name }) => name)).toEqual(['b', 'a']);
    const stateMachineArn = arnOf('stateMachine', '').slice(0, -1);
    await expect(one.call('ListExecutions', { stateMachineArn })).rejects.toMatchObject({
      code: 'StateMachineDoesNotExist',
    });
    const { execution, history } = child('c', true);
    const { mapRunArn: _mapRunArn, ...alone } = execution;
    expect(() => one.stepFunctions.importExecution({ execution: alone, history })).toThrow(
      'an Express execution has no history to import',
    );
  });
});

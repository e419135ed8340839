import { describe, expect, it } from 'vitest';
import { parseValue } from '@stepcast/contracts';
import fc from 'fast-check';
import { z } from 'zod';
import { Definition } from '../definition/schema.ts';
import { validateDefinition } from '../definition/validate.ts';
import { FakeTime } from '../testing/fake-time.ts';
import { ACCOUNT, REGION, ROLE } from '../testing/harness.ts';
import { noPorts } from '../testing/no-ports.ts';
import {
  machineInput,
  randomMachine,
  randomMachineOfOneCause,
  type RandomMachine,
} from '../testing/random-machines.ts';
import { walker } from '../testing/walk.ts';
import type { HistoryEvent, HistoryEventType } from '../types.ts';
import { Execution } from './execution.ts';
import { MAX_HISTORY_EVENTS } from './history.ts';

const TaskPayload = z.object({ path: z.unknown() });

/** `[[[], 1], 0]`, as the ItemSelectors nest it, as `[1, 0]`. */
function flatten(path: unknown): number[] {
  const pair = parseValue(z.tuple([z.unknown(), z.number()]), path);
  return pair.ok ? [...flatten(pair.value[0]), pair.value[1]] : [];
}

interface Call {
  readonly name: string;
  readonly path: readonly number[];
}

/** Runs a machine without the checks of CreateStateMachine (they are slow), and keeps what its functions were called with. */
async function run(machine: RandomMachine, stopAfter?: number, isRedriven = false) {
  const time = new FakeTime();
  const definition = parseValue(Definition, machine.definition);
  if (!definition.ok) throw new Error(JSON.stringify(definition.issues));
  const calls: Call[] = [];
  const errors: unknown[] = [];
  const counts = new Map<string, number>();
  let ids = 0;
  const execution: Execution = new Execution({
    identity: {
      executionArn: `arn:aws:states:${REGION}:${ACCOUNT}:execution:M:run`,
      executionName: 'run',
      stateMachineArn: `arn:aws:states:${REGION}:${ACCOUNT}:stateMachine:M`,
      stateMachineName: 'M',
      redriveCount: 0,
    },
    definition: definition.value,
    definitionText: JSON.stringify(machine.definition),
    roleArn: ROLE,
    loggingConfiguration: { level: 'OFF', includeExecutionData: false, destinations: [] },
    machineUpdatedAtMs: 0,
    revisionId: 'r',
    input: JSON.stringify(machineInput),
    clock: time,
    timers: time,
    environment: {
      region: REGION,
      random: () => 0.5,
      ids: () => `id-${(ids += 1)}`,
      functionTimeoutMs: 900_000,
      ports: noPorts,
      invokeFunction: (name, payload) => {
        const parsed = parseValue(TaskPayload, payload);
        calls.push({ name, path: parsed.ok ? flatten(parsed.value.path) : [] });
        const count = counts.get(name) ?? 0;
        counts.set(name, count + 1);
        const behaviours = machine.behaviours.get(name) ?? [];
        switch (behaviours[count] ?? behaviours.at(-1)) {
          case 'fail':
            return Promise.reject(new Error(name));
          case 'never':
            return new Promise(() => undefined);
          case 'slow':
            return new Promise(
              (resolve) => void time.after(7_000 + count * 500, () => resolve({ state: name })),
            );
          default:
            return Promise.resolve({ state: name });
        }
      },
    },
    onEvent: (_, { id }) => {
      if (id === stopAfter && execution.redrivenAtMs === undefined)
        queueMicrotask(() => execution.stop('Stopped', 'by the test'));
    },
    onStatus: () => undefined,
    onError: (error) => void errors.push(error),
  });
  execution.start();
  await time.run(() => execution.status !== 'RUNNING');
  await execution.settled;
  if (isRedriven && execution.notRedrivable === undefined) {
    execution.redrive();
    await time.run(() => execution.status !== 'RUNNING');
    await execution.settled;
  }
  return { execution, events: execution.history.events, calls, errors };
}

const States = z.object({ States: z.record(z.string(), z.unknown()) });
const statesOf = (definition: object): Record<string, unknown> => {
  const parsed = parseValue(States, definition);
  return parsed.ok ? parsed.value.States : {};
};

const ends: readonly HistoryEventType[] = [
  'ExecutionSucceeded',
  'ExecutionFailed',
  'ExecutionTimedOut',
  'ExecutionAborted',
];
const isEntered = ({ type }: HistoryEvent): boolean => type.endsWith('StateEntered');
const isExited = ({ type }: Pick<HistoryEvent, 'type'>): boolean => type.endsWith('StateExited');
const isAbort = ({ type }: HistoryEvent): boolean =>
  /^(Task|Wait|Map|Parallel)StateAborted$|^MapIterationAborted$/.test(type);

/** What must hold of the ids of any history, also of one that was stopped in the middle. */
function expectWellFormed(events: readonly HistoryEvent[]): void {
  expect(events.map(({ id }) => id)).toEqual(events.map((_, index) => index + 1));
  for (const [index, event] of events.entries()) {
    expect(event.previousEventId).toBeLessThan(event.id);
    expect(event.timestampMs).toBeGreaterThanOrEqual(events[index - 1]?.timestampMs ?? 0);
  }
  expect(events.filter(({ type }) => ends.includes(type))).toEqual([events.at(-1)]);
  expect(
    events
      .filter(({ previousEventId }) => previousEventId === 0)
      .map(({ id }) => id)
      .slice(0, 2),
  ).toEqual([1, 2]);
  // Nothing follows from what only tells of an end.
  const silent = new Set(
    events
      .filter(
        (event) => isAbort(event) || /^(Map|Parallel)StateSucceeded$|^MapIterationFailed$/.test(event.type),
      )
      .map(({ id }) => id),
  );
  for (const { previousEventId } of events) expect(silent.has(previousEventId)).toBe(false);
}

function expectWalksFindTheirStates(events: readonly HistoryEvent[], calls: readonly Call[]): void {
  const { enteredOf, iterationsOf } = walker(events);
  const exits = events.filter(isExited);
  const exitedStates = exits.map((event) => enteredOf(event));
  for (const [index, event] of exits.entries()) {
    const entered = exitedStates[index];
    expect(entered?.details.name).toBe(event.details.name);
    expect(entered?.type.replace('Entered', '')).toBe(event.type.replace('Exited', ''));
  }
  // No state is left twice.
  expect(new Set(exitedStates.map((entered) => entered?.id)).size).toBe(exits.length);

  const started = events.filter(({ type }) => type === 'TaskStarted' || type === 'LambdaFunctionStarted');
  // A function is called in the same turn in which its start is recorded, so the two lists are in the same order.
  expect(
    started.map((event) => ({ name: enteredOf(event)?.details.name, path: iterationsOf(event) })),
  ).toEqual(calls);

  for (const event of events) {
    const name = enteredOf(event)?.details.name;
    if (event.type === 'LambdaFunctionScheduled')
      expect(event.details.resource).toContain(`:function:${name ?? ''}`);
    if (event.type === 'TaskScheduled')
      expect(event.details.parameters).toContain(`"FunctionName":"${name ?? ''}"`);
    if (event.type === 'LambdaFunctionSucceeded' || event.type === 'TaskSucceeded')
      expect(event.details.output).toContain(`"state":"${name ?? ''}"`);
    if (event.type === 'LambdaFunctionFailed' || event.type === 'TaskFailed')
      expect(event.details.cause).toContain(`"errorMessage":"${name ?? ''}"`);
  }
}

function expectBalanced(events: readonly HistoryEvent[]): void {
  const count = (pattern: RegExp): number => events.filter(({ type }) => pattern.test(type)).length;
  const troubled = count(/Failed$|TimedOut$|Aborted$|^FailState/);
  const entered = events.filter(isEntered).length;
  const exited = events.filter(isExited).length;
  expect(exited).toBeLessThanOrEqual(entered);
  if (troubled === 0) expect(exited).toBe(entered);
  expect(count(/^MapIterationStarted$/)).toBe(count(/^MapIteration(Succeeded|Failed|Aborted)$/));
  for (const kind of ['Map', 'Parallel']) {
    const open = count(new RegExp(`^${kind}StateEntered$`));
    const closed = count(new RegExp(`^${kind}State(Succeeded|Failed|Aborted)$`));
    expect(closed).toBe(open);
  }
  for (const kind of ['Task', 'Wait'])
    expect(count(new RegExp(`^${kind}State(Exited|Aborted)$`))).toBeLessThanOrEqual(
      count(new RegExp(`^${kind}StateEntered$`)),
    );
}

describe('history of any state machine', () => {
  it('has dense ids, a chain that leads every event to its state, and one end', async () => {
    await fc.assert(
      fc.asyncProperty(randomMachine, async (machine) => {
        const { events, calls, errors } = await run(machine);
        expect(errors).toEqual([]);
        expectWellFormed(events);
        expectWalksFindTheirStates(events, calls);
        expectBalanced(events);
      }),
    );
  });

  it('stays well formed when the execution is stopped at any event', async () => {
    await fc.assert(
      fc.asyncProperty(randomMachine, fc.integer({ min: 1, max: 60 }), async (machine, stopAfter) => {
        const { events, errors } = await run(machine, stopAfter);
        expect(errors).toEqual([]);
        expectWellFormed(events);
      }),
    );
  });

  it('ends after a redrive as it would have without the stop', async () => {
    // Which of two branches fails first may differ after a redrive, since only what had not ended runs again. Nothing else
    // of a machine may depend on it, so every Fail has the same cause.
    const sound = randomMachineOfOneCause.map(({ definition, behaviours }): RandomMachine => ({
      definition,
      behaviours: new Map(
        [...behaviours.keys()].map((name, index) => [name, [index % 3 === 0 ? 'slow' : 'ok']]),
      ),
    }));
    await fc.assert(
      fc.asyncProperty(sound, fc.integer({ min: 1, max: 60 }), async (machine, stopAfter) => {
        const whole = await run(machine);
        const { execution, events, errors } = await run(machine, stopAfter, true);
        expect(errors).toEqual([]);
        expect(events.map(({ id }) => id)).toEqual(events.map((_, index) => index + 1));
        for (const { id, previousEventId } of events) expect(previousEventId).toBeLessThan(id);
        expect(execution.status).toBe(whole.execution.status);
        expect(execution.end?.output).toBe(whole.execution.end?.output);
      }),
    );
  });

  it('folds to the output that the execution has', async () => {
    await fc.assert(
      fc.asyncProperty(randomMachine, async (machine) => {
        const { execution, events } = await run(machine);
        const outermost = new Set(Object.keys(statesOf(machine.definition)));
        const last = events.findLast(
          ({ type, details }) => isExited({ type }) && outermost.has(details.name ?? ''),
        );
        const end = events.at(-1);
        expect(end?.details.output).toBe(execution.end?.output);
        if (execution.status === 'SUCCEEDED') expect(last?.details.output).toBe(execution.end?.output);
      }),
    );
  });

  it('ends, or is full, wherever transitions lead', async () => {
    const graph = fc.array(fc.tuple(fc.nat(9), fc.nat(9), fc.boolean()), { minLength: 1, maxLength: 10 });
    await fc.assert(
      fc.asyncProperty(graph, async (nodes) => {
        const at = (index: number): string => `S${index % nodes.length}`;
        const States = Object.fromEntries(
          nodes.map(([next, other, isChoice], index) => [
            at(index),
            isChoice
              ? {
                  Type: 'Choice',
                  Choices: [{ Variable: '$.path', IsPresent: other % 2 === 0, Next: at(next) }],
                  Default: at(other),
                }
              : { Type: 'Pass', ...(next === 0 ? { End: true } : { Next: at(next) }) },
          ]),
        );
        const machine = { definition: { StartAt: at(0), States }, behaviours: new Map() };
        const { execution, events, errors } = await run(machine);
        expect(errors).toEqual([]);
        if (execution.status === 'SUCCEEDED') expect(events.length).toBeLessThan(MAX_HISTORY_EVENTS);
        else expect(events).toHaveLength(MAX_HISTORY_EVENTS);
        for (const [index, { id, previousEventId }] of events.entries())
          if (id !== index + 1 || previousEventId >= id) throw new Error(`event ${index} is ${id}`);
      }),
      { numRuns: 12 },
    );
  });

  it('is of machines that CreateStateMachine takes', () => {
    for (const { definition } of fc.sample(randomMachine, { numRuns: 6, seed: 1 }))
      expect(validateDefinition(JSON.stringify(definition))).toMatchObject({ ok: true });
  });

  it('is of machines that do nest, retry, catch, fail and hang', async () => {
    const types = new Map<string, number>();
    for (const machine of fc.sample(randomMachine, { numRuns: 500, seed: 2 }))
      for (const { type } of (await run(machine)).events) types.set(type, (types.get(type) ?? 0) + 1);
    const wanted: HistoryEventType[] = [
      'MapIterationStarted',
      'MapIterationAborted',
      'MapIterationFailed',
      'MapStateAborted',
      'MapStateFailed',
      'ParallelStateAborted',
      'ParallelStateFailed',
      'ParallelStateSucceeded',
      'TaskStateAborted',
      'WaitStateAborted',
      'TaskTimedOut',
      'LambdaFunctionTimedOut',
      'TaskFailed',
      'LambdaFunctionFailed',
      'ExecutionSucceeded',
      'ExecutionFailed',
    ];
    expect(wanted.filter((type) => (types.get(type) ?? 0) < 3)).toEqual([]);
  });
});

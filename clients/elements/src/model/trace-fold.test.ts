import { describe, expect, it } from 'vitest';
import { ExecutionArn, offsetOf, type ProgressEvent, type StepState } from '@stepcast/contracts';
import fc from 'fast-check';
import { failed, finished, runningMap, SampleRun, sampleOutline, thousands } from '../testing/index.ts';
import { MAX_LANES, MAX_VISITS } from './limits.ts';
import { rowsOf } from './rows.ts';
import { MAX_EXECUTIONS, TraceFold } from './trace-fold.ts';
import { isOpen, type Scope, type Visit } from './trace.ts';
import { visitsByName } from './tree-of-state.ts';
import { treeOfTrace } from './tree-of-trace.ts';
import { spanOf } from './tree.ts';
import { UploadModel } from './upload-model.ts';

const name = fc.constantFrom(
  'Check',
  'Both',
  'Resize',
  'Each',
  'Look',
  'Resize and analyse',
  'Look at each tile',
);
const instant = fc
  .integer({ min: 0, max: 60_000 })
  .map((ms) => new Date(Date.UTC(2026, 11, 1) + ms).toISOString());

/** Events as no service would send them: in any order, of anything. */
const anyEvents: fc.Arbitrary<readonly ProgressEvent[]> = fc
  .array(
    fc.record(
      {
        kind: fc.constantFrom<ProgressEvent['kind'][]>(
          'executionStarted',
          'stepStarted',
          'stepStarted',
          'stepStarted',
          'stepRetried',
          'stepSucceeded',
          'stepSucceeded',
          'stepFailed',
          'stepCaught',
          'iterationsProgressed',
          'executionSucceeded',
          'executionFailed',
          'executionRedriven',
          'gapDeclared',
          'uploaded',
        ),
        time: instant,
        executionArn: fc
          .constantFrom('a', 'b')
          .map((run) => ExecutionArn.parse(`arn:aws:states:us-east-1:111122223333:execution:P:${run}`)),
        nested: fc.constant<true>(true),
        step: fc.record(
          {
            name,
            type: fc.constantFrom<StepState['type'][]>('Task', 'Map', 'Parallel', 'Choice', 'Unknown'),
            attempt: fc.integer({ min: 1, max: 4 }),
            iteration: fc.array(fc.integer({ min: 0, max: 20 }), { maxLength: 3 }),
          },
          { requiredKeys: ['name', 'type'] },
        ),
        iterations: fc.record({
          total: fc.option(fc.nat(30)),
          started: fc.nat(30),
          succeeded: fc.nat(30),
          failed: fc.nat(30),
        }),
        error: fc.record({ name: fc.string({ minLength: 1, maxLength: 5 }) }),
      },
      { requiredKeys: ['kind', 'time', 'executionArn'] },
    ),
    { maxLength: 60 },
  )
  .map((events) => events.map((event, index) => ({ ...event, offset: offsetOf(index + 1) })));

const outlines = fc.constantFrom(null, sampleOutline());
const traceOf = (events: readonly ProgressEvent[], outline = sampleOutline()) => {
  const trace = new TraceFold(outline);
  for (const event of events) trace.apply(event);
  return trace;
};
const stateOf = (events: readonly ProgressEvent[]) => {
  const run = new SampleRun();
  for (const { kind, ...more } of events) run.tell(kind, more);
  return run.state;
};
const treeOf = (
  events: readonly ProgressEvent[],
  outline: ReturnType<typeof sampleOutline> | null,
  cuts: readonly number[] = [],
) => {
  const model = new UploadModel();
  for (const cut of cuts) model.take({ events: events.slice(0, cut) }, outline);
  model.take({ events }, outline);
  return model.tree();
};

describe('what is folded of the events', () => {
  it('takes any events, and each line of its tree has an ID of its own', () => {
    fc.assert(
      fc.property(anyEvents, outlines, fc.boolean(), (events, outline, withState) => {
        const model = new UploadModel();
        model.take({ events, state: withState ? stateOf(events) : null }, outline);
        const tree = model.tree();
        const all = rowsOf(tree, { get: () => true });
        expect(new Set(all.map(({ node }) => node.id)).size).toBe(all.length);
        const span = spanOf(tree, Date.UTC(2026, 11, 2));
        expect(span === null || span.to >= span.from).toBe(true);
      }),
    );
  });

  it('is the same however the events are cut into snapshots', () => {
    fc.assert(
      fc.property(anyEvents, outlines, fc.array(fc.nat(60), { maxLength: 5 }), (events, outline, cuts) => {
        const ordered = [...cuts].sort((one, other) => one - other);
        expect(treeOf(events, outline, ordered)).toEqual(treeOf(events, outline));
      }),
    );
  });

  it('does not change by events that it has', () => {
    fc.assert(
      fc.property(anyEvents, (events) => {
        expect(treeOfTrace(traceOf([...events, ...events]))).toEqual(treeOfTrace(traceOf(events)));
      }),
    );
  });

  it('has each visit that the state counts, and as many still run', () => {
    for (const run of [runningMap(), failed(), finished(), thousands(300)])
      for (const outline of [null, sampleOutline()]) {
        const trace = new TraceFold(outline);
        for (const event of run.events) trace.apply(event);
        const seen = visitsByName(trace);
        const counted = run.state.steps.map(({ name: step, visits, ended }) => [step, visits, ended]);
        expect(
          run.state.steps.map(({ name: step }) => {
            const visits = seen.get(step) ?? [];
            return [step, visits.length, visits.filter((one) => !isOpen(one)).length];
          }),
        ).toEqual(counted);
      }
  });

  it('keeps of a Map of thousands what runs and what had trouble', () => {
    const run = thousands(5_000, 40);
    const map = visitsByName(traceOf(run.events)).get('Look at each tile')?.[0];
    expect(map?.lanes.size).toBeLessThanOrEqual(MAX_LANES);
    const held = [...(map?.lanes ?? [])];
    expect(held.filter(([, { visits }]) => visits.some(isOpen))).toHaveLength(40);
    expect(
      held.filter(([, { visits }]) => visits.at(-1)?.status === 'failed').map(([index]) => index),
    ).toEqual([412, 1_377]);
    expect(
      held.filter(([, { visits }]) => visits.some((one) => one.attempts.length > 1)).length,
    ).toBeGreaterThanOrEqual(7);
  });

  it('keeps a loop without end, and executions without number, in bounds', () => {
    const run = new SampleRun().tell('executionStarted');
    for (let round = 0; round < 2 * MAX_VISITS; round += 1) run.step('Wait a little', 10, 'Wait');
    run.start('Start children');
    for (let child = 0; child < 2 * MAX_EXECUTIONS; child += 1)
      run.nested(`Child:${child}`).tell('executionStarted').step('Work', 1).tell('executionSucceeded');
    const trace = traceOf(run.events);
    expect(trace.executions.length).toBeLessThanOrEqual(MAX_EXECUTIONS);
    expect(trace.executions[0]?.scope.visits.length).toBeLessThanOrEqual(MAX_VISITS);
  });

  it('puts steps of branches that overlap where the outline has them', () => {
    const trace = traceOf(runningMap().events);
    const parallel = visitsByName(trace).get('Resize and analyse')?.[0];
    expect(parallel?.inner.visits.map(({ name: step }) => step)).toEqual([
      'Resize',
      'Analyse colours',
      'Sharpen',
    ]);
    expect(
      [...(trace.executions[0]?.edges.values() ?? [])].map(({ from, to }) => `${from} > ${to}`),
    ).toContain('Resize > Sharpen');
  });

  it('opens again what is around a step that works again after a redrive', () => {
    const run = failed().tell('executionRedriven').retry('Measure the tile', 4, 'States.Timeout', [1]);
    const seen = visitsByName(traceOf(run.events));
    expect(seen.get('Look at each tile')?.[0]?.status).toBe('running');
    expect(
      seen
        .get('Measure the tile')
        ?.at(-1)
        ?.attempts.map(({ number }) => number),
    ).toEqual([1, 2, 3, 4]);
  });

  it('leaves nothing open when the workflow has ended', () => {
    const open: Visit[] = [];
    const collect = ({ visits }: Scope): void => {
      for (const visit of visits) {
        if (isOpen(visit)) open.push(visit);
        collect(visit.inner);
        for (const lane of visit.lanes.values()) collect(lane);
      }
    };
    for (const run of [failed(), runningMap().tell('executionAborted')])
      for (const { scope } of traceOf(run.events).executions) collect(scope);
    expect(open).toEqual([]);
  });
});

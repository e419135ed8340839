import { isDeepStrictEqual } from 'node:util';
import { describe, expect, it } from 'vitest';
import fc from 'fast-check';
import { applyEvent, emptyState, foldEvent, mutableCopyOf } from './fold.ts';
import type { ProgressEvent } from './progress.ts';
import { UploadState } from './state.ts';
import { isTerminal } from './statuses.ts';
import { META } from './testing/folded.ts';
import { journey } from './testing/journeys.ts';

/** Each state on the way, the empty one first. */
function statesOf(events: readonly ProgressEvent[], from: UploadState = emptyState(META)): UploadState[] {
  const states = [from];
  for (const event of events) states.push(foldEvent(states.at(-1) ?? from, event));
  return states;
}

/** As `toEqual`, which takes most of the time of these properties where it is asked of every state on the way. */
function expectEqual(received: unknown, expected: unknown): void {
  if (!isDeepStrictEqual(received, expected)) expect(received).toEqual(expected);
}

function speakerOf({ executions }: UploadState): string | undefined {
  const rank = ({ startedAt, executionArn }: UploadState['executions'][number]) =>
    `${startedAt ?? ''} ${executionArn}`;
  return executions
    .filter(({ nested }) => nested !== true)
    .toSorted((one, other) => (rank(one) < rank(other) ? 1 : -1))[0]?.executionArn;
}

describe('the fold, over whatever executions make of it', () => {
  it('gives states that the contract takes, with the position of the last event', () => {
    fc.assert(
      fc.property(journey, (events) => {
        const states = statesOf(events);
        for (const state of states) expectEqual(UploadState.parse(state), state);
        expect(states.at(-1)?.position).toEqual({ epoch: META.epoch, offset: events.length });
      }),
    );
  });

  it('is the same in place as by copies, and never changes a state that it was given', () => {
    fc.assert(
      fc.property(journey, (events) => {
        const states = statesOf(events);
        const before = JSON.stringify(states);
        const draft = mutableCopyOf(emptyState(META));
        for (const [index, event] of events.entries()) {
          applyEvent(draft, event);
          expectEqual(draft, states[index + 1]);
        }
        expect(JSON.stringify(states)).toBe(before);
      }),
    );
  });

  it('never changes a step or an execution that somebody took out of a draft', () => {
    fc.assert(
      fc.property(journey, (events) => {
        const draft = mutableCopyOf(emptyState(META));
        const taken: { object: object; copy: object }[] = [];
        for (const event of events) {
          applyEvent(draft, event);
          for (const object of [...draft.steps, ...draft.executions, draft.position])
            taken.push({ object, copy: { ...object } });
        }
        for (const { object, copy } of taken) expectEqual(object, copy);
      }),
    );
  });

  it('keeps the identity of every step and execution that an event says nothing of', () => {
    fc.assert(
      fc.property(journey, (events) => {
        const states = statesOf(events);
        const replaced: object[] = [];
        for (const [index, event] of events.entries()) {
          const [before, later] = [states[index], states[index + 1]];
          for (const [at, step] of before?.steps.entries() ?? [])
            if (step.name !== event.step?.name && !event.kind.startsWith('execution'))
              if (later?.steps[at] !== step) replaced.push(step);
          for (const [at, execution] of before?.executions.entries() ?? [])
            if (execution.executionArn !== event.executionArn || event.kind.startsWith('step'))
              if (later?.executions[at] !== execution) replaced.push(execution);
        }
        expect(replaced).toEqual([]);
      }),
    );
  });

  it('goes on from any snapshot, sent as JSON, to the state of the whole', () => {
    fc.assert(
      fc.property(journey, fc.nat(), (events, cut) => {
        const at = cut % (events.length + 1);
        const whole = statesOf(events).at(-1);
        const snapshot = UploadState.parse(JSON.parse(JSON.stringify(statesOf(events.slice(0, at)).at(-1))));
        expect(statesOf(events.slice(at), snapshot).at(-1)).toEqual(whole);
      }),
    );
  });

  it('has a percent from 0 to 100 that never falls while one execution speaks', () => {
    fc.assert(
      fc.property(journey, (events) => {
        let last: { readonly speaker: string | undefined; readonly percent: number } | undefined;
        for (const state of statesOf(events)) {
          const speaker = speakerOf(state);
          if (state.percent === null) continue;
          expect(state.percent).toBeGreaterThanOrEqual(last?.speaker === speaker ? (last?.percent ?? 0) : 0);
          expect(state.percent).toBeLessThanOrEqual(100);
          last = { speaker, percent: state.percent };
        }
      }),
    );
  });

  it('is but for what steps say of themselves the same with and without their reports', () => {
    fc.assert(
      fc.property(journey, (events) => {
        const whole = statesOf(events).at(-1);
        const silent = statesOf(events.filter(({ kind }) => kind !== 'stepReported')).at(-1);
        const bare = (state: UploadState | undefined) => ({
          ...state,
          steps: state?.steps.map(({ report: _report, ...step }) => step),
          position: undefined,
          updatedAt: undefined,
          // A report tells them of its execution as every event does, and here each event has some of its own.
          percent: undefined,
          etaSeconds: undefined,
        });
        expect(bare(whole)).toEqual(bare(silent));
        for (const { status, report } of whole?.steps ?? [])
          if (report !== undefined) expect(['running', 'retrying']).toContain(status);
      }),
    );
  });

  it('takes an end back for a redrive or a newer execution only', () => {
    fc.assert(
      fc.property(journey, (events) => {
        const states = statesOf(events);
        for (const [index, event] of events.entries()) {
          const [before, later] = [states[index], states[index + 1]];
          if (before === undefined || !isTerminal(before.status) || later?.status === before.status) continue;
          expect(event.nested).toBeUndefined();
          expect(['executionRedriven', 'executionStarted']).toContain(event.kind);
        }
      }),
    );
  });
});

import { describe, expect, it } from '@jest/globals';
import {
  ExecutionArn,
  foldEvent as foldShared,
  Offset,
  type ProgressEvent,
  ProgressEventKind,
  type UploadState,
} from '@stepcast/contracts';
import fc from 'fast-check';
import { ARN, META } from '../testing/stream-input.ts';
import { emptyState, foldEvent } from './upload-fold.ts';

/** Holds the fold of this folder and the one of the contract together, until there is only the latter. */
const CHILD = ExecutionArn.parse(`${ARN}-child`);
const at = (second: number) => new Date(Date.UTC(2026, 10, 3, 10, 15, second)).toISOString();
const optional = <Value>(value: fc.Arbitrary<Value>) => fc.option(value, { nil: undefined });
const counts = fc.record({
  total: fc.option(fc.nat(9)),
  started: fc.nat(9),
  succeeded: fc.nat(9),
  failed: fc.nat(9),
});

/** Any event after any other, sane or not. */
const draft = fc.record({
  kind: fc.constantFrom(...ProgressEventKind.options),
  second: fc.nat(50),
  executionArn: fc.constantFrom(undefined, ARN, ExecutionArn.parse(`${ARN}-2`), CHILD),
  step: optional(
    fc.record({
      name: fc.constantFrom('A', 'B', 'C'),
      type: fc.constantFrom('Task', 'Map'),
      attempt: optional(fc.integer({ min: 1, max: 3 })),
    }),
  ),
  error: optional(fc.record({ name: fc.constantFrom('Boom', 'Stepcast.Aborted') })),
  iterations: optional(counts),
  percent: fc.option(fc.nat(100)),
  etaSeconds: fc.option(fc.nat(600)),
});

describe('the two folds', () => {
  it('make the same state of any events, whoever says what is nested and how far it is', () => {
    fc.assert(
      fc.property(fc.array(draft, { maxLength: 40 }), (drafts) => {
        let old: UploadState = emptyState(META);
        let shared: UploadState = emptyState(META);
        for (const [index, { second, percent, etaSeconds, ...rest }] of drafts.entries()) {
          const event: ProgressEvent = { ...rest, offset: Offset.parse(index + 1), time: at(second) };
          old = foldEvent(old, event, { nested: (arn) => arn === CHILD, percent, etaSeconds });
          shared = foldShared(shared, {
            ...event,
            ...(event.executionArn === CHILD ? { nested: true } : { percent, etaSeconds }),
          });
          const executions = shared.executions.map(({ nested: _nested, ...execution }) => execution);
          expect({ ...shared, executions }).toEqual(old);
        }
      }),
    );
  });
});

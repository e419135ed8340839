import { expect } from 'vitest';
import type { ProgressEvent, UploadState } from '@stepcast/contracts';
import type { ExecutionRecord } from '@stepcast/wire';
import {
  ARN,
  batchOf,
  createBench,
  eventsOf,
  objectCreated,
  offsetsOf,
  stateOf,
} from './correlation-bench.ts';
import type { createInMemoryPorts } from './in-memory-ports.ts';
import { randomHistory } from './random-history.ts';

export interface InOrder {
  readonly records: readonly ExecutionRecord[];
  readonly events: readonly Omit<ProgressEvent, 'offset'>[];
  readonly state: UploadState | undefined;
}

type Ports = ReturnType<typeof createInMemoryPorts>;

/** What a history emits that comes in order, each record once: however it comes otherwise, it must emit the same. */
export async function emittedInOrder(history: {
  readonly seed: number;
  readonly maxDepth: number;
}): Promise<InOrder> {
  const { records } = randomHistory(history.seed, { maxDepth: history.maxDepth, input: objectCreated() });
  const { correlation, ports } = createBench();
  await correlation.correlate(batchOf(ARN, records));
  return { records, events: eventsOf(ports, ARN), state: stateOf(ports) };
}

/** Expects the journal to hold the same events, under offsets without a hole, and to end in the same state. */
export function expectEmittedLike({ events, state }: InOrder, ports: Ports): void {
  expect(eventsOf(ports, ARN)).toEqual(events);
  expect(stateOf(ports)).toEqual(state);
  for (const offsets of offsetsOf(ports)) expect(offsets).toEqual(offsets.map((_offset, index) => index + 1));
}

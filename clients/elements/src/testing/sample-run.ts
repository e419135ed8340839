import {
  emptyState,
  Epoch,
  ExecutionArn,
  foldEvent,
  IdentityId,
  offsetOf,
  UploadId,
  type IterationCounts,
  type ProgressEvent,
  type ProgressEventKind,
  type StepRef,
  type UploadState,
} from '@stepcast/contracts';

/** When every sample begins. */
export const SAMPLE_START = Date.parse('2026-12-01T10:00:00.000Z');

const arnOf = (run: string) => ExecutionArn.parse(`arn:aws:states:us-east-1:111122223333:execution:${run}`);

/** Writes the events of a run, one after another, and folds them as every client does. */
export class SampleRun {
  readonly events: ProgressEvent[] = [];
  state: UploadState;
  #now = SAMPLE_START;
  #arn = arnOf('PhotoPipeline:one');
  #nested = false;

  constructor(uploadId = 'a'.repeat(26)) {
    this.state = emptyState({
      identityId: IdentityId.parse('us-east-1:00000000-0000-4000-8000-000000000001'),
      uploadId: UploadId.parse(uploadId),
      epoch: Epoch.parse('0'.repeat(26)),
      epochStartedAt: new Date(SAMPLE_START).toISOString(),
      bucket: 'uploads',
      key: 'users/one/hills.jpg',
    });
  }

  get now(): number {
    return this.#now;
  }

  wait(ms: number): this {
    this.#now += ms;
    return this;
  }

  /** What follows happens in another execution, which one of this upload started. */
  nested(run: string): this {
    this.#arn = arnOf(run);
    this.#nested = true;
    return this;
  }

  main(): this {
    this.#arn = arnOf('PhotoPipeline:one');
    this.#nested = false;
    return this;
  }

  tell(kind: ProgressEventKind, more: Partial<ProgressEvent> = {}): this {
    const event: ProgressEvent = {
      offset: offsetOf(this.events.length + 1),
      kind,
      time: new Date(this.#now).toISOString(),
      executionArn: this.#arn,
      ...(this.#nested ? { nested: true } : {}),
      ...more,
    };
    this.events.push(event);
    this.state = foldEvent(this.state, event);
    return this;
  }

  start(name: string, type: StepRef['type'] = 'Task', iteration?: readonly number[]): this {
    return this.tell('stepStarted', { step: stepRef(name, type, 1, iteration) });
  }

  retry(name: string, attempt: number, error: string, iteration?: readonly number[]): this {
    const message = 'the service did not answer in time';
    return this.tell('stepRetried', {
      step: stepRef(name, 'Task', attempt, iteration),
      error: { name: error, message },
    });
  }

  end(name: string, type: StepRef['type'] = 'Task', attempt = 1, iteration?: readonly number[]): this {
    return this.tell('stepSucceeded', { step: stepRef(name, type, attempt, iteration) });
  }

  fail(name: string, error: string, message: string, iteration?: readonly number[], attempt = 1): this {
    return this.tell('stepFailed', {
      step: stepRef(name, 'Task', attempt, iteration),
      error: { name: error, message },
    });
  }

  step(name: string, ms: number, type: StepRef['type'] = 'Task', iteration?: readonly number[]): this {
    return this.start(name, type, iteration).wait(ms).end(name, type, 1, iteration);
  }

  counts(name: string, iterations: IterationCounts): this {
    return this.tell('iterationsProgressed', { step: stepRef(name, 'Map', 1), iterations });
  }
}

export function stepRef(
  name: string,
  type: StepRef['type'],
  attempt: number,
  iteration?: readonly number[],
): StepRef {
  const works = type === 'Task' || type === 'Map' || type === 'Parallel';
  return {
    name,
    type,
    ...(works ? { attempt } : {}),
    ...(iteration === undefined ? {} : { iteration: [...iteration] }),
  };
}

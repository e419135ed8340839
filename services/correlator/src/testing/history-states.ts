import { stepOf, type HistoryMaking, type LaneState, type Run } from './history-recorder.ts';

const workTypes = [
  { scheduled: 'TaskScheduled', started: 'TaskStarted', succeeded: 'TaskSucceeded', failed: 'TaskFailed' },
  {
    scheduled: 'LambdaFunctionScheduled',
    started: 'LambdaFunctionStarted',
    succeeded: 'LambdaFunctionSucceeded',
    failed: 'LambdaFunctionFailed',
  },
] as const;

/** Runs of states with nothing inside. */
export function createStateRuns(options: HistoryMaking) {
  const { recorder, below, nextName } = options;

  function* simpleState(lane: LaneState, type: 'Pass' | 'Wait' | 'Choice'): Run {
    const name = nextName(type);
    const step = stepOf(name, lane);
    lane.last = recorder.emit(`${type}StateEntered`, lane.last, { name });
    recorder.expectStep('stepStarted', step);
    lane.frame = {
      step,
      enteredId: lane.last,
      abortType: type === 'Wait' ? 'WaitStateAborted' : undefined,
    };
    yield undefined;
    lane.last = recorder.emit(`${type}StateExited`, lane.last, { name });
    recorder.expectStep('stepSucceeded', step);
    lane.frame = undefined;
    yield undefined;
    return 'ok';
  }

  function* taskState(lane: LaneState, ending: 'ok' | 'caught' | 'fails'): Run {
    const name = nextName('Task');
    const step = stepOf(name, lane);
    const work = workTypes[below(workTypes.length)] ?? workTypes[0];
    lane.last = recorder.emit('TaskStateEntered', lane.last, { name });
    recorder.expectStep('stepStarted', step, 1);
    const frame = { enteredId: lane.last, abortType: 'TaskStateAborted' };
    lane.frame = { ...frame, step: { ...step, attempt: 1 } };
    yield undefined;
    const failures = below(3) + (ending === 'ok' ? 0 : 1);
    const attempts = failures + (ending === 'ok' ? 1 : 0);
    let attempt = 1;
    for (let tries = 1; tries <= attempts; tries += 1) {
      attempt = tries;
      lane.last = recorder.emit(work.scheduled, lane.last, { resourceType: 'lambda', resource: 'invoke' });
      if (tries > 1) recorder.expectStep('stepRetried', step, tries);
      lane.frame = { ...frame, step: { ...step, attempt: tries } };
      yield undefined;
      lane.last = recorder.emit(work.started, lane.last);
      yield undefined;
      const succeeds = ending === 'ok' && tries === attempts;
      lane.last = recorder.emit(
        succeeds ? work.succeeded : work.failed,
        lane.last,
        succeeds ? {} : { error: `E${tries}` },
      );
      // Between a failure and its retry nothing but the state itself can be aborted.
      yield undefined;
    }
    if (ending === 'fails') return { failedAt: lane.last };
    lane.last = recorder.emit('TaskStateExited', lane.last, { name });
    recorder.expectStep(ending === 'caught' ? 'stepCaught' : 'stepSucceeded', step, attempt);
    lane.frame = undefined;
    yield undefined;
    return 'ok';
  }

  return { simpleState, taskState };
}

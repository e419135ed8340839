import { stepOf, type Frame, type HistoryMaking, type LaneState, type Run } from './history-recorder.ts';

/**
 * Runs of Maps and Parallels.
 * @param sequence what runs in one lane
 */
export function createScopeRuns(
  options: HistoryMaking,
  sequence: (lane: LaneState, depth: number, ending: 'ok' | 'fails') => Run,
) {
  const { recorder, below, chance, nextName } = options;

  function* container(
    lane: LaneState,
    type: 'Map' | 'Parallel',
    depth: number,
    ending: 'ok' | 'caught' | 'fails',
  ): Run {
    const name = nextName(type);
    const step = stepOf(name, lane);
    const enteredId = recorder.emit(`${type}StateEntered`, lane.last, { name });
    lane.last = enteredId;
    recorder.expectStep('stepStarted', step, 1);
    const failures = (chance(0.2) ? 1 : 0) + (ending === 'ok' ? 0 : 1);
    const attempts = failures + (ending === 'ok' ? 1 : 0);
    const abortType = `${type}StateAborted`;
    for (let attempt = 1; ; attempt += 1) {
      const frame: Frame = { step: { ...step, attempt }, enteredId, abortType };
      if (attempt === 1) lane.frame = frame;
      yield undefined;
      // A retry begins at the event that failed; nothing else says that there was a failure.
      const outcome = yield* runInside(lane, frame, type, name, depth, attempt <= failures);
      if (outcome === 'ok') {
        lane.last = recorder.emit(`${type}StateExited`, lane.last, { name });
        recorder.expectStep('stepSucceeded', step, attempt);
        break;
      }
      lane.last = outcome.failedAt;
      frame.rests = true;
      yield undefined;
      if (attempt < attempts) continue;
      lane.last = recorder.emit(`${type}StateFailed`, outcome.failedAt);
      recorder.expectStopped(frame);
      lane.frame = { step: frame.step, enteredId, abortType: undefined };
      if (ending === 'fails') return { failedAt: chance(0.5) ? lane.last : outcome.failedAt };
      yield undefined;
      lane.last = recorder.emit(`${type}StateExited`, lane.last, { name });
      recorder.expectStep('stepCaught', step, attempt);
      break;
    }
    lane.frame = undefined;
    yield undefined;
    return 'ok';
  }

  /** One try of a Map or Parallel. */
  function* runInside(
    lane: LaneState,
    frame: Frame,
    type: 'Map' | 'Parallel',
    name: string,
    depth: number,
    fails: boolean,
  ): Run {
    const size = 1 + below(type === 'Map' ? 4 : 3);
    const failing = fails ? below(size) : -1;
    const started = recorder.emit(`${type}StateStarted`, lane.last, type === 'Map' ? { length: size } : {});
    if (lane.frame !== undefined && lane.frame !== frame) {
      recorder.expectStopped(lane.frame);
      recorder.expected.push({ ...frame.step, kind: 'stepRetried' });
    }
    lane.last = started;
    const concurrency = type === 'Map' ? 1 + below(size) : size;
    const waiting = Array.from({ length: size }, (_unused, index) => index);
    const running: { index: number; lane: LaneState; run: Run }[] = [];
    lane.frame = frame;
    frame.inside = { type, name, lanes: running };
    const begin = (from: number) => {
      const index = waiting.shift();
      if (index === undefined) return;
      const iteration = type === 'Map' ? [...lane.iteration, index] : lane.iteration;
      const first = type === 'Map' ? recorder.emit('MapIterationStarted', from, { name, index }) : started;
      const inner: LaneState = { iteration, last: first, frame: undefined };
      running.push({
        index,
        lane: inner,
        run: sequence(inner, depth - 1, index === failing ? 'fails' : 'ok'),
      });
    };
    yield undefined;
    for (let slot = 0; slot < concurrency; slot += 1) begin(started);
    let lastInner = started;
    while (running.length > 0) {
      const at = below(running.length);
      const one = running[at];
      if (one === undefined) break;
      const { done, value } = one.run.next();
      lane.last = one.lane.last;
      if (done !== true) {
        yield undefined;
        continue;
      }
      if (value !== 'ok') {
        recorder.failLanes(type, name, one, value.failedAt, running);
        return value;
      }
      running.splice(at, 1);
      lastInner = one.lane.last;
      if (type === 'Map') {
        const succeeded = recorder.emit('MapIterationSucceeded', lastInner, { name, index: one.index });
        if (waiting.length > 0) begin(lastInner);
        else lastInner = chance(0.5) ? succeeded : lastInner;
      }
      yield undefined;
    }
    const succeeded = recorder.emit(`${type}StateSucceeded`, lastInner);
    lane.last = chance(0.8) ? lastInner : succeeded;
    return 'ok';
  }

  return container;
}

import { describe, expect, it } from 'vitest';
import {
  Epoch,
  ExecutionArn,
  IdentityId,
  Offset,
  UploadId,
  type StepState,
  type UploadState,
} from '@stepcast/contracts';
import * as fc from 'fast-check';
import { formatMoment } from './format.ts';
import {
  announcement,
  believableEta,
  uploadView as viewOf,
  type Transfer,
  type Upload,
} from './upload-view.ts';

const at = (seconds: number) => new Date(Date.UTC(2026, 10, 3, 10, 15, seconds)).toISOString();

const now = { nowMs: Date.parse(at(10)), asOf: undefined };
const uploadView = (one: Upload) => viewOf(one, now);

const state: UploadState = {
  identityId: IdentityId.parse('us-east-1:1f0e2d3c-4b5a-c6d7-8e9f-0a1b2c3d4e5f'),
  uploadId: UploadId.parse('mfzwizdmnnsgk3tpojzxiylmne'),
  position: { epoch: Epoch.parse('3kTq'), offset: Offset.parse(4) },
  epochStartedAt: at(0),
  bucket: 'uploads',
  key: 'users/x/photo.png',
  status: 'running',
  percent: 41.7,
  etaSeconds: 6.2,
  steps: [],
  executions: [],
  error: null,
  updatedAt: at(3),
};

const step = (over: Partial<StepState>): StepState => ({
  name: 'Resize',
  type: 'Task',
  status: 'running',
  attempt: 1,
  visits: 1,
  ended: 0,
  startedAt: at(1),
  endedAt: null,
  ...over,
});

const unheardOf = { status: undefined, waiting: undefined, begunAtMs: Date.parse(at(0)) };

const upload = (over: Partial<UploadState> = {}): Upload => ({
  name: 'photo.png',
  size: 48_213,
  transfer: { phase: 'sent' },
  state: { ...state, ...over },
  ...unheardOf,
});

const sending = (transfer: Transfer): Upload => ({
  name: 'p',
  size: 2_000_000,
  transfer,
  state: undefined,
  ...unheardOf,
});

const bytes = (sentBytes: number, bytesPerSecond?: number) =>
  ({ phase: 'sending', sentBytes, isPaused: false, bytesPerSecond }) as const;

const executionArn = ExecutionArn.parse('arn:aws:states:us-east-1:111122223333:execution:PhotoPipeline:one');
const execution = {
  executionArn,
  status: 'succeeded',
  startedAt: at(1),
  endedAt: at(8),
  redriveCount: 0,
} as const;

describe('an upload on its way to S3', () => {
  it('has no measure before the first bytes are there, then has one', () => {
    expect(uploadView(sending(bytes(0)))).toMatchObject({
      percent: null,
      aside: '2 MB',
      canCancel: true,
    });
    expect(uploadView(sending(bytes(500_000)))).toMatchObject({
      percent: 25,
      aside: '500 KB of 2 MB',
    });
  });

  it('says how fast it goes and what is left, and rests when it is paused', () => {
    const going = bytes(500_000, 150_000);
    expect(uploadView(sending(going)).aside).toBe('500 KB of 2 MB · 150 KB/s · about 10 s left');
    expect(uploadView(sending({ ...going, isPaused: true }))).toMatchObject({
      headline: 'Paused',
      aside: '500 KB of 2 MB',
      canPause: false,
      canResume: true,
      canCancel: true,
    });
  });

  it('can be sent again when it did not get through', () => {
    expect(uploadView(sending({ phase: 'failed', message: 'no network' }))).toMatchObject({
      tone: 'failed',
      canRetry: true,
      error: { message: 'no network' },
    });
  });
});

describe('a workflow that runs', () => {
  it('names the working step that was entered last, with percent and time left', () => {
    const steps = [
      step({ name: 'Resize and analyse', type: 'Parallel' }),
      step({ name: 'Resize' }),
      step({ name: 'Pause', type: 'Wait' }),
    ];
    const executions = [{ ...execution, status: 'running', startedAt: at(0), endedAt: null } as const];
    expect(uploadView(upload({ steps, executions }))).toMatchObject({
      headline: 'Resize',
      aside: '41% · about 6 s left',
      percent: 41.7,
      tone: 'active',
    });
  });

  it('puts a retry first', () => {
    const steps = [
      step({ name: 'Analyse colours', status: 'retrying', attempt: 2 }),
      step({ name: 'Resize' }),
    ];
    expect(uploadView(upload({ steps }))).toMatchObject({
      headline: 'Trying again: Analyse colours',
      tone: 'retrying',
      steps: [{ detail: 'attempt 2', status: 'trying again' }, {}],
    });
  });

  it('counts the items of a Map', () => {
    const iterations = { total: 12, started: 6, succeeded: 3, failed: 1 };
    const [view] = uploadView(upload({ steps: [step({ type: 'Map', iterations })] })).steps;
    expect(view?.detail).toBe('4 of 12, 1 failed');
  });

  it('counts the visits of a step inside a Map, without a total that nobody knows', () => {
    const running = uploadView(upload({ steps: [step({ visits: 3, ended: 2 })] })).steps;
    const over = uploadView(upload({ steps: [step({ visits: 12, ended: 12 })] })).steps;
    expect([running[0]?.detail, over[0]?.detail]).toEqual(['2 done', '12 times']);
  });

  it('does not guess a percent that the state does not have', () => {
    expect(uploadView(upload({ percent: null, etaSeconds: null }))).toMatchObject({
      percent: null,
      aside: '',
    });
  });

  it('does not show an error that was dealt with', () => {
    const error = { name: 'Throttled' };
    expect(uploadView(upload({ error })).error).toBeUndefined();
    expect(uploadView(upload({ error, status: 'succeeded' })).error).toBeUndefined();
  });
});

describe('a Map that runs', () => {
  const iterations = { total: 12, started: 6, succeeded: 5, failed: 0 };
  const map = step({ name: 'Look at each tile', type: 'Map', iterations });

  it('is the headline for all steps in it, which come and go', () => {
    const headlines = ['Measure the tile', 'Name the tile'].map(
      (name) => uploadView(upload({ steps: [map, step({ name, visits: 6, ended: 5 })] })).headline,
    );
    expect(headlines).toEqual(['Look at each tile: 5 of 12', 'Look at each tile: 5 of 12']);
  });

  it('is announced once, not with every item', () => {
    const next = { ...map, iterations: { ...iterations, succeeded: 6 } };
    const [before, after] = [map, next].map((one) => uploadView(upload({ steps: [one] })));
    expect(after && announcement('p', before, after)).toBe('');
    expect(after && announcement('p', undefined, after)).toBe('p: Look at each tile');
  });
});

describe('the time that is left', () => {
  const eta = (etaSeconds: number, percent: number) =>
    believableEta({ ...state, etaSeconds, percent, executions: [{ ...execution, startedAt: at(0) }] });

  it('is shown where this run agrees with earlier ones, and left out where it does not', () => {
    // Three seconds for the first quarter: about nine more.
    expect(eta(8, 25)).toBe(8);
    expect(eta(55, 25)).toBeUndefined();
    expect(eta(2, 60)).toBe(2);
    expect(eta(5, 0)).toBeUndefined();
  });
});

describe('an upload that waits', () => {
  const waits = (over: Partial<Upload>): Upload => ({ ...upload(), state: undefined, ...over });
  const waiting = { since: at(0), longerThanUsual: false, usualMs: 10_000, advice: undefined };

  it('says when that is longer than usual, since when, and what to look at', () => {
    expect(uploadView(waits({ waiting }))).toMatchObject({
      headline: 'Waiting for the workflow',
      aside: '',
      percent: undefined,
      advice: '',
    });
    const late = { ...waiting, longerThanUsual: true, advice: 'Run stepcast lookup.' };
    expect(uploadView(waits({ waiting: late }))).toMatchObject({
      tone: 'late',
      headline: 'Waiting for the workflow, longer than usual',
      aside: expect.stringMatching(/^since \d\d:\d\d/),
      advice: 'Run stepcast lookup.',
    });
  });

  it('that only S3 knows of waits longer than usual, and after a day no more', () => {
    const known = waits({ transfer: { phase: 'known' }, isForgotten: true });
    expect(uploadView(known).headline).toBe('Waiting for the workflow');
    const late = { ...known, begunAtMs: now.nowMs - 60_000 };
    expect(uploadView(late).headline).toBe('Waiting for the workflow, longer than usual');
    const old = { ...known, begunAtMs: now.nowMs - 48 * 3_600_000 };
    expect(uploadView(old)).toMatchObject({ headline: 'In storage; no workflow is known', ended: true });
  });
});

describe('while there is no connection', () => {
  const stale = { ...now, asOf: at(5) };

  it('what was under way is as of then, and nothing moves', () => {
    expect(viewOf(upload({ steps: [step({})] }), stale)).toMatchObject({
      tone: 'stopped',
      headline: 'Resize',
      aside: `41% · as of ${formatMoment(at(5), now.nowMs)}`,
      isStale: true,
    });
  });

  it('what has ended, or still goes to S3, is as it was', () => {
    const ended = upload({ status: 'succeeded' });
    expect(viewOf(ended, stale)).toEqual(uploadView(ended));
    expect(viewOf(sending(bytes(500_000)), stale)).toEqual(uploadView(sending(bytes(500_000))));
  });

  it('an upload that the sandbox has forgotten is not said to run', () => {
    expect(uploadView({ ...upload({ steps: [step({})] }), isForgotten: true })).toMatchObject({
      headline: 'The sandbox knows nothing of this upload any more',
      ended: true,
    });
  });
});

describe('a line of the overview', () => {
  it('says how an upload ended before its state is there', () => {
    const line = (status: UploadState['status']): Upload => ({
      ...upload(),
      state: undefined,
      transfer: { phase: 'known' },
      status,
    });
    expect(uploadView(line('succeeded'))).toMatchObject({ headline: 'Finished', ended: true });
    expect(uploadView(line('failed'))).toMatchObject({ tone: 'failed', ended: true });
    expect(uploadView(line('running'))).toMatchObject({ tone: 'active', percent: null, ended: false });
  });
});

describe('a workflow that has ended', () => {
  it('says how long it took', () => {
    expect(uploadView(upload({ status: 'succeeded', executions: [execution] }))).toMatchObject({
      headline: 'Finished',
      aside: 'took 7 s',
      percent: 100,
    });
  });

  it('says why it failed', () => {
    const error = { name: 'NotAnImage', message: 'The file is not a picture.' };
    expect(uploadView(upload({ status: 'failed', error }))).toMatchObject({
      tone: 'failed',
      error,
      percent: undefined,
      ended: true,
    });
  });

  it.each(['timedOut', 'aborted'] as const)('has words for %s', (status) => {
    expect(uploadView(upload({ status, percent: null }))).toMatchObject({
      headline: expect.stringMatching(/^The workflow (took too long|was stopped)/),
      percent: undefined,
    });
  });
});

describe('announcement', () => {
  const running = (name: string, percent: number) => uploadView(upload({ percent, steps: [step({ name })] }));

  it('tells of a new step but not of a new percent', () => {
    expect(announcement('photo.png', running('Resize', 20), running('Resize', 60))).toBe('');
    expect(announcement('photo.png', running('Resize', 20), running('Sum up', 60))).toBe('photo.png: Sum up');
  });

  it('tells the reason of a failure', () => {
    const failed = uploadView(upload({ status: 'failed', error: { name: 'E', message: 'It broke.' } }));
    expect(announcement('photo.png', running('Resize', 20), failed)).toBe(
      'photo.png: The workflow failed. It broke.',
    );
  });
});

describe('any state', () => {
  const anyStep = fc.record({
    name: fc.string({ minLength: 1 }),
    type: fc.constantFrom('Task', 'Map', 'Wait', 'Choice', 'Unknown'),
    status: fc.constantFrom('running', 'retrying', 'succeeded', 'failed', 'caught', 'aborted'),
    attempt: fc.integer({ min: 1, max: 9 }),
    visits: fc.integer({ min: 1, max: 99 }),
    ended: fc.nat(99),
    startedAt: fc.constant(at(1)),
    endedAt: fc.option(fc.constant(at(2))),
  } as const);
  const anyState = fc
    .record({
      status: fc.constantFrom('queued', 'running', 'succeeded', 'failed', 'timedOut', 'aborted'),
      percent: fc.option(fc.double({ min: 0, max: 100, noNaN: true })),
      etaSeconds: fc.option(fc.double({ min: 0, max: 1e6, noNaN: true })),
      steps: fc.array(anyStep, { maxLength: 6 }),
      error: fc.option(fc.record({ name: fc.string() })),
    } as const)
    .map((over) => upload(over));

  it('has a headline, a percent within its bounds, and a line for each step', () => {
    fc.assert(
      fc.property(anyState, (one) => {
        const view = uploadView(one);
        expect(view.headline).not.toBe('');
        expect(view.percent ?? 0).toBeGreaterThanOrEqual(0);
        expect(view.percent ?? 0).toBeLessThanOrEqual(100);
        expect(view.steps).toHaveLength(one.state?.steps.length ?? -1);
      }),
    );
  });

  it('is never announced as new when nothing changed', () => {
    fc.assert(
      fc.property(anyState, (one) => {
        expect(announcement('p', uploadView(one), uploadView(one))).toBe('');
      }),
    );
  });
});

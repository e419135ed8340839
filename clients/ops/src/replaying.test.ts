import { describe, expect, it } from 'vitest';
import type { Cursor, PlanReply, StepReply, StopReply } from '@stepcast/operations/api';
import fc from 'fast-check';
import { ApiProblem, type StepRequest, type StopRequest } from './api/client.ts';
import { beginReplay, runSteps, shareOf, type Replay } from './replaying.ts';

const selection = { what: 'upload', from: null, to: '2026-11-03T10:15:00.000Z', allEpochs: false };
const plan = (messages: number): PlanReply => ({
  selection,
  messages,
  states: 1,
  overviews: 1,
  streams: [],
  more: 0,
});
const cursorAt = (published: number): Cursor => ({
  reached: { stream: 'a#b#c#d', offset: published },
  restored: null,
  published,
  change: '0a1b2c3d4e5f6071',
});

/** A service that publishes `perStep` messages in a step, and fails at some of its calls. */
function service(messages: number, perStep: number, failing: ReadonlySet<number>) {
  const published: number[] = [];
  /** What the audit would have of its runs. */
  const audited: string[] = [];
  let calls = 0;
  return {
    published,
    audited,
    api: {
      stopReplay({ cursor }: StopRequest): Promise<StopReply> {
        audited.push(`stopped at ${cursor.published}`);
        return Promise.resolve({ cursor });
      },
      replayStep(request: StepRequest): Promise<StepReply> {
        calls += 1;
        if (failing.has(calls)) return Promise.reject(new ApiProblem('gone', 'Nobody answers.'));
        const from = request.cursor?.published ?? 0;
        if (from === 0 || request.resumed) audited.push(`${from === 0 ? 'begun' : 'resumed'} at ${from}`);
        const to = Math.min(messages, from + perStep);
        for (let number = from + 1; number <= to; number += 1) published.push(number);
        return Promise.resolve({ cursor: cursorAt(to), finished: to === messages, stopped: null });
      },
    },
  };
}

async function run(
  api: ReturnType<typeof service>['api'],
  from: Replay,
  wanted = () => true,
): Promise<Replay> {
  let last = from;
  await runSteps(api, from, wanted, (at) => {
    last = at;
  });
  return last;
}

describe('a replay step by step', () => {
  it('publishes each message once, in order, however often the service is away and it goes on', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 40 }),
        fc.integer({ min: 1, max: 10 }),
        fc.uniqueArray(fc.integer({ min: 1, max: 30 }), { maxLength: 10 }),
        async (messages, perStep, failing) => {
          const { api, published } = service(messages, perStep, new Set(failing));
          let at = await run(api, beginReplay(plan(messages), 50, null));
          for (let tries = 0; at.state !== 'finished' && tries < 20; tries += 1) {
            expect(at.problem?.kind).toBe('gone');
            at = await run(api, at);
          }
          expect(at.state).toBe('finished');
          expect(published).toEqual(Array.from({ length: messages }, (_, index) => index + 1));
        },
      ),
    );
  });

  it('stops after the step that runs when it is asked to, without a problem, and goes on from there', async () => {
    const { api, audited, published } = service(10, 3, new Set());
    const stopped = await run(api, beginReplay(plan(10), 50, 'a reason'), () => false);
    expect(stopped).toMatchObject({ state: 'stopped', problem: undefined, cursor: { published: 3 } });
    expect(shareOf(stopped)).toBeCloseTo(0.3);
    expect((await run(api, stopped)).state).toBe('finished');
    expect(published).toHaveLength(10);
    // The audit had a beginning without an end, and later an end.
    expect(audited).toEqual(['begun at 0', 'stopped at 3', 'resumed at 3']);
  });

  it('says why the service stopped it, and how far it came', async () => {
    const api = {
      stopReplay: () => Promise.reject(new Error('it stopped by itself')),
      replayStep: () =>
        Promise.resolve({
          cursor: cursorAt(4),
          finished: false,
          stopped: { message: 'the broker is away', retryable: true },
        }),
    };
    const at = await run(api, beginReplay(plan(10), 50, null));
    expect([at.state, at.problem?.message, at.cursor?.published]).toEqual([
      'stopped',
      'It stopped: the broker is away.',
      4,
    ]);
  });

  it('is done when it is finished, and never more than whole', () => {
    const at = beginReplay(plan(2), 50, null);
    expect(shareOf({ ...at, state: 'finished' })).toBe(1);
    expect(shareOf({ ...at, cursor: cursorAt(9) })).toBe(1);
    expect(shareOf({ ...at, messages: 0 })).toBe(0);
  });
});

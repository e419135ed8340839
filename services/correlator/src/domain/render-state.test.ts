import { describe, expect, it } from 'vitest';
import { emptyState, ExecutionArn, parseJson, UploadState } from '@stepcast/contracts';
import { MAX_STATE_BYTES } from '@stepcast/wire';
import fc from 'fast-check';
import { META } from '../testing/stream-input.ts';
import { renderState, trimState } from './render-state.ts';

/** Every third step runs. */
function largeState(steps: number, executions: number, letter = 'n'): UploadState {
  const arn = (index: number) =>
    ExecutionArn.parse(`arn:aws:states:us-east-1:111122223333:execution:M:${'e'.repeat(60)}${index}`);
  const at = META.epochStartedAt;
  return {
    ...emptyState(META),
    steps: Array.from({ length: steps }, (_unused, index) => ({
      name: `Step ${index} ${letter.repeat(60)}`,
      type: 'Task' as const,
      status: index % 3 === 0 ? ('running' as const) : ('succeeded' as const),
      attempt: 1,
      visits: 1,
      ended: index % 3 === 0 ? 0 : 1,
      startedAt: at,
      endedAt: index % 3 === 0 ? null : at,
    })),
    executions: Array.from({ length: executions }, (_unused, index) => ({
      executionArn: arn(index),
      status: 'succeeded' as const,
      startedAt: at,
      endedAt: at,
      redriveCount: 0,
    })),
  };
}

describe('a state that is too large', () => {
  it(
    'fits any limit with fewer steps and executions, and has the newest execution',
    { tags: ['few-cases'] },
    () => {
      fc.assert(
        fc.property(
          fc.nat({ max: 300 }),
          fc.integer({ min: 1, max: 100 }),
          fc.integer({ min: 4_000, max: 60_000 }),
          (steps, executions, limit) => {
            const state = largeState(steps, executions);
            const trimmed = trimState(state, limit);
            expect(Buffer.byteLength(JSON.stringify(trimmed))).toBeLessThanOrEqual(limit);
            expect(trimmed.executions.at(-1)).toEqual(state.executions.at(-1));
          },
        ),
      );
    },
  );

  describe('loses no more than it has to', () => {
    const state = largeState(30, 6);
    // Each list counts one comma too many.
    const sizeOf = (rest: Partial<UploadState>) =>
      Buffer.byteLength(JSON.stringify({ ...state, ...rest, truncated: true })) + 2;
    const running = state.steps.filter(({ endedAt }) => endedAt === null);
    const withoutEnded = (count: number) => {
      const gone = new Set(state.steps.filter(({ endedAt }) => endedAt !== null).slice(0, count));
      return state.steps.filter((one) => !gone.has(one));
    };

    it.each([1, 7, 19])('of the steps that have ended: %d', (count) => {
      const steps = withoutEnded(count);
      const limit = sizeOf({ steps });
      expect(trimState(state, limit)).toEqual({ ...state, steps, truncated: true });
      expect(trimState(state, limit - 1).steps).toEqual(withoutEnded(count + 1));
      expect(trimState(state, limit - 1).executions).toEqual(state.executions);
    });

    it.each([1, 4])('then of the executions that have ended: %d', (count) => {
      const executions = state.executions.slice(count);
      const limit = sizeOf({ steps: running, executions });
      expect(trimState(state, limit)).toEqual({ ...state, steps: running, executions, truncated: true });
      expect(trimState(state, limit - 1).executions).toEqual(state.executions.slice(count + 1));
      expect(trimState(state, limit - 1).steps).toEqual(running);
    });

    it.each([1, 9])('then of the steps that run: %d', (count) => {
      const executions = state.executions.slice(-1);
      const steps = running.slice(count);
      const limit = sizeOf({ steps, executions });
      expect(trimState(state, limit)).toEqual({ ...state, steps, executions, truncated: true });
      expect(trimState(state, limit - 1).steps).toEqual(running.slice(count + 1));
    });

    it('then of the executions that run, but for the newest', () => {
      const runs = state.executions.map((one) => ({ ...one, endedAt: null }));
      const executions = runs.slice(2);
      const limit = sizeOf({ steps: [], executions });
      expect(trimState({ ...state, executions: runs }, limit - 1)).toEqual({
        ...{ ...state, steps: [], executions, truncated: true },
      });
      expect(trimState({ ...state, executions: runs }, 1).executions).toEqual(runs.slice(-1));
    });

    it('of a step or an execution that is the only one', () => {
      expect(trimState(largeState(1, 1), 1).executions).toHaveLength(1);
      expect(trimState(largeState(1, 1), 1).steps).toEqual([]);
    });
  });

  it('loses the oldest steps that have ended before those that run', () => {
    const { steps } = trimState(largeState(300, 1), 40_000);
    expect(steps.filter(({ status }) => status === 'running')).toHaveLength(100);
    expect(steps.at(-1)?.name).toContain('Step 299');
  });

  it('loses the oldest executions that have ended before steps that run', () => {
    const { steps, executions } = trimState(largeState(90, 100), 30_000);
    expect(steps.map(({ status }) => status)).toEqual(steps.map(() => 'running'));
    expect(steps).toHaveLength(30);
    expect(executions.at(-1)?.executionArn).toMatch(/e99$/);
  });

  it('loses steps that run when nothing else is left to lose', () => {
    const { steps, executions } = trimState(largeState(300, 1), 10_000);
    expect(steps.length).toBeGreaterThan(0);
    expect(steps.at(-1)?.name).toContain('Step 297');
    expect(executions).toHaveLength(1);
  });
});

describe('the text of a state', () => {
  it.each(['n', '長', '\u{1f600}'])(
    'takes what a message has room for at most, and says what it lacks (%s)',
    (letter) => {
      for (const [steps, executions] of [
        [3, 1],
        [300, 100],
      ] as const) {
        const state = largeState(steps, executions, letter);
        const text = renderState(state);
        expect(Buffer.byteLength(text)).toBeLessThanOrEqual(MAX_STATE_BYTES);
        const parsed = parseJson(UploadState, text);
        if (!parsed.ok) throw new Error(JSON.stringify(parsed.issues));
        const isWhole = parsed.value.steps.length === steps && parsed.value.executions.length === executions;
        expect(parsed.value.truncated === true).toBe(!isWhole);
        expect(isWhole).toBe(Buffer.byteLength(JSON.stringify(state)) <= MAX_STATE_BYTES);
      }
    },
  );

  it('escapes the characters that a queue refuses', () => {
    const state = { ...largeState(0, 0), key: 'a\uFFFE\uFFFFb' };
    expect(renderState(state)).toContain('a\\ufffe\\uffffb');
    expect(parseJson(UploadState, renderState(state))).toEqual({ ok: true, value: state });
  });
});

import { describe, expect, it } from 'vitest';
import {
  emptyState,
  Epoch,
  ExecutionArn,
  IdentityId,
  parseJson,
  UploadId,
  UploadState,
} from '@stepcast/contracts';
import fc from 'fast-check';
import { MAX_STATE_BYTES } from './limits.ts';
import { renderState } from './render-state.ts';

const at = '2026-11-03T10:15:00.000Z';

function largeState(steps: number, executions: number): UploadState {
  const state = emptyState({
    identityId: IdentityId.parse('us-east-1:1f0e2d3c-4b5a-c6d7-8e9f-000000000001'),
    uploadId: UploadId.parse('a'.repeat(26)),
    epoch: Epoch.parse('e1'),
    epochStartedAt: at,
    bucket: 'uploads',
    key: 'photo.png',
  });
  return {
    ...state,
    steps: Array.from({ length: steps }, (_unused, index) => ({
      name: `Step ${index} ${'\u0001'.repeat(60)}`,
      type: 'Task' as const,
      status: index % 3 === 0 ? ('running' as const) : ('succeeded' as const),
      attempt: 1,
      visits: 1,
      ended: index % 3 === 0 ? 0 : 1,
      startedAt: at,
      endedAt: index % 3 === 0 ? null : at,
    })),
    executions: Array.from({ length: executions }, (_unused, index) => ({
      executionArn: ExecutionArn.parse(
        `arn:aws:states:us-east-1:111122223333:execution:M:${'e'.repeat(60)}${index}`,
      ),
      status: 'succeeded' as const,
      startedAt: at,
      endedAt: at,
      redriveCount: 0,
    })),
  };
}

function readBack(text: string): UploadState {
  const parsed = parseJson(UploadState, text);
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.issues));
  return parsed.value;
}

describe('a rendered state', () => {
  it(
    'fits whatever the number of steps and executions, keeps the newest execution, and says what it lacks',
    { tags: ['few-cases'] },
    () => {
      fc.assert(
        fc.property(
          fc.nat({ max: 400 }),
          fc.integer({ min: 1, max: 300 }),
          fc.integer({ min: 4_000, max: MAX_STATE_BYTES }),
          (steps, executions, limit) => {
            const state = largeState(steps, executions);
            const text = renderState(state, limit);
            expect(Buffer.byteLength(text)).toBeLessThanOrEqual(limit);
            const read = readBack(text);
            expect(read.executions.at(-1)).toEqual(state.executions.at(-1));
            const cut = read.steps.length < steps || read.executions.length < executions;
            expect(read.truncated === true).toBe(cut);
            if (!cut) expect(read).toEqual(state);
          },
        ),
      );
    },
  );

  it('lacks the oldest ended steps before running ones', () => {
    const { steps } = readBack(renderState(largeState(300, 1), 60_000));
    expect(steps.filter(({ status }) => status === 'running')).toHaveLength(100);
    expect(steps.length).toBeLessThan(300);
    expect(steps.at(-1)?.name).toContain('Step 299');
  });
});

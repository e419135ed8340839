import type { UploadState } from '@stepcast/contracts';
import { MAX_STATE_BYTES } from './limits.ts';
import { renderJson } from './render.ts';

function jsonBytes(value: unknown): number {
  return Buffer.byteLength(renderJson(value));
}

/** Leaves out items in the given order until what remains, with its commas, takes at most `budget` bytes. */
function leaveOut<T>(
  items: readonly T[],
  budget: number,
  mayGo: (item: T, index: number) => boolean,
): { readonly remaining: T[]; readonly bytes: number } {
  const sized = items.map((item, index) => ({ item, bytes: jsonBytes(item) + 1, mayGo: mayGo(item, index) }));
  let total = sized.reduce((sum, { bytes }) => sum + bytes, 0);
  const remaining: T[] = [];
  for (const one of sized) {
    if (total > budget && one.mayGo) total -= one.bytes;
    else remaining.push(one.item);
  }
  return { remaining, bytes: total };
}

function trimState(state: UploadState, maxBytes: number): UploadState {
  const frame = jsonBytes({ ...state, steps: [], executions: [], truncated: true });
  const executionBytes = state.executions.reduce((sum, one) => sum + jsonBytes(one) + 1, 0);

  let steps = leaveOut(state.steps, maxBytes - frame - executionBytes, (step) => step.endedAt !== null);
  const newest = state.executions.length - 1;
  let executions = leaveOut(
    state.executions,
    maxBytes - frame - steps.bytes,
    (execution, index) => execution.endedAt !== null && index !== newest,
  );
  if (frame + steps.bytes + executions.bytes > maxBytes) {
    steps = leaveOut(steps.remaining, maxBytes - frame - executions.bytes, () => true);
    const lastOne = executions.remaining.length - 1;
    executions = leaveOut(
      executions.remaining,
      maxBytes - frame - steps.bytes,
      (_execution, index) => index !== lastOne,
    );
  }
  return { ...state, steps: steps.remaining, executions: executions.remaining, truncated: true };
}

/**
 * A state as the JSON text that stands unchanged in snapshots, handovers and messages. What is too large says
 * `truncated: true` and lacks, in this order: the oldest steps that have ended, the oldest executions that have ended,
 * the oldest of the other steps and executions. The newest execution always stays.
 * @param maxBytes of UTF-8, default `MAX_STATE_BYTES`. A state with an object key of 1,024 bytes and one execution takes
 * less than 8 KiB
 */
export function renderState(state: UploadState, maxBytes: number = MAX_STATE_BYTES): string {
  const text = renderJson(state);
  // No character takes more than three bytes of UTF-8 for each of its UTF-16 units.
  if (text.length * 3 <= maxBytes || Buffer.byteLength(text) <= maxBytes) return text;
  return renderJson(trimState(state, maxBytes));
}

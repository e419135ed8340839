import type { UploadState } from '@stepcast/contracts';
import { MAX_STATE_BYTES, renderJson } from '@stepcast/wire';

function jsonBytes(value: unknown): number {
  return Buffer.byteLength(renderJson(value));
}

/** Leaves out items in their order until the others, with their commas, take at most `budget` bytes. */
function leaveOut<T>(
  items: readonly T[],
  budget: number,
  mayGo: (item: T, index: number) => boolean,
): { readonly rest: T[]; readonly bytes: number } {
  const sized = items.map((item, index) => ({ item, bytes: jsonBytes(item) + 1, mayGo: mayGo(item, index) }));
  let total = sized.reduce((sum, { bytes }) => sum + bytes, 0);
  const rest: T[] = [];
  for (const one of sized) {
    if (total > budget && one.mayGo) total -= one.bytes;
    else rest.push(one.item);
  }
  return { rest, bytes: total };
}

/**
 * A state that takes at most `maxBytes` as JSON. What goes first: the oldest steps that have ended, then the oldest
 * executions that have ended, then the oldest of the other steps and executions. The newest execution always stays.
 */
export function trimState(state: UploadState, maxBytes: number): UploadState {
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
    steps = leaveOut(steps.rest, maxBytes - frame - executions.bytes, () => true);
    const lastOne = executions.rest.length - 1;
    executions = leaveOut(
      executions.rest,
      maxBytes - frame - steps.bytes,
      (_execution, index) => index !== lastOne,
    );
  }
  return { ...state, steps: steps.rest, executions: executions.rest, truncated: true };
}

/**
 * The state as the JSON text that clients get. Leaves out steps and executions where it takes more than
 * `MAX_STATE_BYTES` (120 KiB) otherwise, and says so by `truncated`. What always stays is far smaller.
 * @param text of the whole state, where it was rendered already: that of a snapshot after the same entry
 */
export function renderState(state: UploadState, text = renderJson(state)): string {
  // A character takes at most three bytes: short texts need no counting.
  if (3 * text.length <= MAX_STATE_BYTES || Buffer.byteLength(text) <= MAX_STATE_BYTES) return text;
  return renderJson(trimState(state, MAX_STATE_BYTES));
}

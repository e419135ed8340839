import type { Cursor, PlanReply, SelectionReply, StepReply } from '@stepcast/operations/api';
import { ApiProblem, type Api, type StepRequest } from './api/client.ts';
import { problemOf } from './polling.ts';

/** A replay that runs, or ran. */
export interface Replay {
  readonly selection: SelectionReply;
  readonly messages: number;
  readonly rate: number;
  readonly reason: string | null;
  /** Null: nothing was published yet. */
  readonly cursor: Cursor | null;
  readonly state: 'running' | 'stopping' | 'stopped' | 'finished';
  /** Why it stopped; `undefined`: it was asked to. */
  readonly problem: ApiProblem | undefined;
}

export function beginReplay(plan: PlanReply, rate: number, reason: string | null): Replay {
  const { selection, messages } = plan;
  return { selection, messages, rate, reason, cursor: null, state: 'running', problem: undefined };
}

/** From 0 to 1. More may be published than were planned: the engine writes on meanwhile. */
export function shareOf({ cursor, messages, state }: Replay): number {
  if (state === 'finished') return 1;
  return messages === 0 ? 0 : Math.min(1, (cursor?.published ?? 0) / messages);
}

/**
 * Runs a replay step by step until it is finished, stopped, or fails; says after each step where it is. Each step is a call that
 * ends in time, and only the cursor is carried from one to the next, so that it can go on after anything. Each run is in the audit:
 * that it goes on, and that it was stopped.
 * @param wanted whether it is to go on
 */
export async function runSteps(
  api: Pick<Api, 'replayStep' | 'stopReplay'>,
  replay: Replay,
  wanted: () => boolean,
  onChange: (replay: Replay) => void,
): Promise<void> {
  let at: Replay = { ...replay, state: 'running', problem: undefined };
  onChange(at);
  let resumed = replay.state === 'stopped';
  while (at.state === 'running') {
    try {
      const step = await api.replayStep(requestOf(at, resumed));
      resumed = false;
      at = after(at, step);
      if (at.state === 'running' && !wanted()) {
        at = { ...at, state: 'stopped' };
        await api.stopReplay({ selection: at.selection, cursor: step.cursor, reason: at.reason });
      }
    } catch (thrown) {
      at = { ...at, state: 'stopped', problem: problemOf(thrown) };
    }
    onChange(at);
  }
}

function after(at: Replay, { cursor, finished, stopped }: StepReply): Replay {
  const moved = { ...at, cursor };
  if (finished) return { ...moved, state: 'finished' };
  if (stopped !== null) {
    const { message, retryable } = stopped;
    return {
      ...moved,
      state: 'stopped',
      problem: new ApiProblem('answer', `It stopped: ${message}.`, { retryable }),
    };
  }
  return moved;
}

function requestOf({ selection, cursor, rate, reason }: Replay, resumed: boolean): StepRequest {
  return { selection, cursor, resumed, rate, reason };
}

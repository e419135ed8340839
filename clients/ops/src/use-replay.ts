import { useCallback, useEffect, useMemo, useRef, useState } from 'react';
import type { PlanReply } from '@stepcast/operations/api';
import type { Api } from './api/client.ts';
import { count } from './format.ts';
import { beginReplay, runSteps, type Replay } from './replaying.ts';

/** The one replay of a page. It goes on while other views are shown. */
export interface ReplayRun {
  /** What it publishes; `undefined`: there is none. */
  readonly plan: PlanReply | undefined;
  /** `undefined`: it has not begun. */
  readonly replay: Replay | undefined;
  /** Shows what would go out; `undefined`: forgets it. Does nothing while a replay runs. */
  readonly prepare: (plan: PlanReply | undefined) => void;
  readonly begin: (rate: number, reason: string | null) => void;
  /** Stops after the step that runs. */
  readonly stop: () => void;
  readonly goOn: () => void;
}

export const isRunning = (replay: Replay | undefined) =>
  replay?.state === 'running' || replay?.state === 'stopping';

/** @param say gets a sentence once it is finished, or has stopped */
export function useReplay(
  api: Pick<Api, 'replayStep' | 'stopReplay'>,
  say: (words: string) => void,
): ReplayRun {
  const [plan, setPlan] = useState<PlanReply>();
  const [replay, setReplay] = useState<Replay>();
  const wanted = useRef(true);
  const running = isRunning(replay);

  const run = useCallback(
    (from: Replay) => {
      wanted.current = true;
      void runSteps(
        api,
        from,
        () => wanted.current,
        (at) => {
          setReplay(at);
          const published = count(at.cursor?.published ?? 0, 'message');
          if (at.state === 'finished') say(`Replay finished: ${published} published.`);
          if (at.state === 'stopped') say(`Replay stopped: ${published} published.`);
        },
      );
    },
    [api, say],
  );

  // Closing the page by accident asks first.
  useEffect(() => {
    if (!running) return undefined;
    const ask = (event: BeforeUnloadEvent) => event.preventDefault();
    window.addEventListener('beforeunload', ask);
    return () => window.removeEventListener('beforeunload', ask);
  }, [running]);

  return useMemo(
    (): ReplayRun => ({
      plan,
      replay,
      prepare(prepared) {
        if (running) return;
        setPlan(prepared);
        setReplay(undefined);
      },
      begin(rate, reason) {
        if (plan !== undefined && !running) run(beginReplay(plan, rate, reason));
      },
      stop() {
        wanted.current = false;
        setReplay((at) => (at?.state === 'running' ? { ...at, state: 'stopping' } : at));
      },
      goOn() {
        if (replay?.state === 'stopped') run(replay);
      },
    }),
    [plan, replay, running, run],
  );
}

import { monitorEventLoopDelay } from 'node:perf_hooks';

/** How late the event loop is. */
export interface EventLoopWatch {
  /** The longest delay since the last call, in milliseconds. Measuring begins again a tick after the call. */
  longestDelayMs(): number;
  close(): void;
}

/** Watches the event loop of this process, at a resolution of 20 ms. */
export function watchEventLoop(): EventLoopWatch {
  const histogram = monitorEventLoopDelay({ resolution: 20 });
  histogram.enable();
  return {
    longestDelayMs() {
      const { max, count } = histogram;
      histogram.reset();
      return count === 0 ? 0 : max / 1e6;
    },
    close() {
      histogram.disable();
    },
  };
}

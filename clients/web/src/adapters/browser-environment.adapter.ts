import type { Environment } from '../environment.port.ts';

/** A timer that comes this much late means that the device slept. Hidden pages get at least one tick a minute. */
const tickMs = 15_000;
const sleptMs = 90_000;

/** The environment of a browser page; `undefined` where there is none (Node, workers). */
export function browserEnvironment(): Environment | undefined {
  if (typeof window === 'undefined' || typeof document === 'undefined') return undefined;
  return {
    get online() {
      return navigator.onLine;
    },
    observe(listener) {
      const stop = new AbortController();
      const { signal } = stop;
      window.addEventListener('online', () => listener('online'), { signal });
      window.addEventListener('offline', () => listener('offline'), { signal });
      window.addEventListener('pagehide', () => listener('leave'), { signal });
      // Out of the back/forward cache: browsers close sockets of pages in there.
      window.addEventListener('pageshow', (event) => event.persisted && listener('wake'), { signal });
      document.addEventListener('resume', () => listener('wake'), { signal });
      document.addEventListener(
        'visibilitychange',
        () => listener(document.visibilityState === 'visible' ? 'visible' : 'hidden'),
        { signal },
      );
      let lastTickAtMs = Date.now();
      const ticker = setInterval(() => {
        const slept = Date.now() - lastTickAtMs > sleptMs;
        lastTickAtMs = Date.now();
        if (slept) listener('wake');
      }, tickMs);
      return () => {
        stop.abort();
        clearInterval(ticker);
      };
    },
  };
}

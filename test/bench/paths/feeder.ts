import { setTimeout } from 'node:timers/promises';
import { AWSLOGS_PATH, TOKEN_HEADER } from '@stepcast/wire';
import { NOTHING_SENT, type Path } from './path.ts';

const TIME_LIMIT_MS = 60_000;
/** As a service without room asks for with `retry-after`, in milliseconds. */
const RETRY_AFTER_MS = 1_000;
/** What the services of the bench want of their sender of log records. */
export const FEEDER_TOKEN = 'token-of-the-bench';

/** Thrown when a forwarder or an engine did not take a payload. */
export class PayloadRefusedError extends Error {
  constructor(status: number, text: string) {
    super(`a payload was answered with ${status}: ${text.slice(0, 200)}`);
    this.name = 'PayloadRefusedError';
  }
}

/**
 * Stands for CloudWatch Logs: posts each payload to `POST /awslogs` of a service, and posts it again while the service has no
 * room for it.
 */
export function startFeeder(serviceUrl: string): Path {
  return {
    async offer(data) {
      const body = JSON.stringify({ awslogs: { data } });
      const signal = AbortSignal.timeout(TIME_LIMIT_MS);
      for (;;) {
        const response = await fetch(serviceUrl + AWSLOGS_PATH, {
          method: 'POST',
          headers: { 'content-type': 'application/json', [TOKEN_HEADER]: FEEDER_TOKEN },
          body,
          signal,
        });
        const text = await response.text();
        if (response.status === 200) return;
        if (response.status !== 503) throw new PayloadRefusedError(response.status, text);
        await setTimeout(RETRY_AFTER_MS, undefined, { signal });
      }
    },
    sent: () => NOTHING_SENT,
    stop: () => Promise.resolve(),
  };
}

import { AWSLOGS_PATH, TOKEN_HEADER } from '@stepcast/wire';
import { NOTHING_SENT, type Path } from './path.ts';

const TIME_LIMIT_MS = 60_000;
/** What the services of the bench want of their sender of log records. */
export const FEEDER_TOKEN = 'token-of-the-bench';

/** Thrown when a forwarder or an engine did not take a payload. */
export class PayloadRefusedError extends Error {
  constructor(status: number, text: string) {
    super(`a payload was answered with ${status}: ${text.slice(0, 200)}`);
    this.name = 'PayloadRefusedError';
  }
}

/** Stands for CloudWatch Logs: posts each payload to `POST /awslogs` of a service. */
export function startFeeder(serviceUrl: string): Path {
  return {
    async offer(data) {
      const response = await fetch(serviceUrl + AWSLOGS_PATH, {
        method: 'POST',
        headers: { 'content-type': 'application/json', [TOKEN_HEADER]: FEEDER_TOKEN },
        body: JSON.stringify({ awslogs: { data } }),
        signal: AbortSignal.timeout(TIME_LIMIT_MS),
      });
      const text = await response.text();
      if (response.status !== 200) throw new PayloadRefusedError(response.status, text);
    },
    sent: () => NOTHING_SENT,
    stop: () => Promise.resolve(),
  };
}

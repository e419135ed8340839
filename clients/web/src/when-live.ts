import { StepcastError } from './errors.ts';
import type { ProgressClient } from './progress-client.port.ts';
import type { ConnectionState } from './types.ts';

/**
 * Resolves once the client is live, at once if it is already.
 * @throws StepcastError when it fails or is closed before
 */
export function whenLive(client: Pick<ProgressClient, 'state' | 'on'>): Promise<void> {
  return new Promise((resolve, reject) => {
    let stop = (): void => undefined;
    const look = ({ status, error }: ConnectionState) => {
      if (status !== 'live' && status !== 'failed' && status !== 'closed') return;
      stop();
      if (status === 'live') resolve();
      else reject(error ?? new StepcastError('closed'));
    };
    stop = client.on('state', look);
    look(client.state);
  });
}

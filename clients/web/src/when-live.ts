import { onAbort } from './abort.ts';
import { asError, StepcastError } from './errors.ts';
import type { ProgressClient } from './progress-client.port.ts';
import type { ConnectionState } from './types.ts';

export interface WhenLiveOptions {
  /** Stops waiting. The connection stays. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * Connects where nothing has yet, and resolves once the client is live, at once if it is already.
 * @throws StepcastError when it fails, or is closed before
 * @throws the reason of the signal when that is aborted before
 */
export async function whenLive(
  client: Pick<ProgressClient, 'connection' | 'connect' | 'on'>,
  { signal }: WhenLiveOptions = {},
): Promise<void> {
  if (signal?.aborted === true) throw asError(signal.reason);
  if (client.connection.status !== 'closed') client.connect();
  let stop = (): void => undefined;
  const ended = new Promise<void>((resolve, reject) => {
    const check = ({ status, error }: ConnectionState) => {
      if (status === 'live') resolve();
      if (status === 'failed' || status === 'closed') reject(error ?? new StepcastError('closed'));
    };
    const stopListening = client.on('connection', check);
    const stopAborting = onAbort(signal, (reason) => reject(asError(reason)));
    stop = () => {
      stopListening();
      stopAborting();
    };
    check(client.connection);
  });
  await ended.finally(() => stop());
}

import type { ProgressClientOptions } from './options.ts';
import { StepcastClient } from './progress-client.ts';
import type { ProgressClient } from './progress-client.port.ts';

/**
 * A client for the progress of one person's uploads.
 *
 * ```ts
 * const client = createProgressClient({
 *   region: 'us-east-1',
 *   endpoint: 'wss://a1b2c3d4e5f6g7-ats.iot.us-east-1.amazonaws.com/mqtt',
 *   credentials: fetchAuthSession,
 * });
 * for await (const update of client.watch({ bucket, key }))
 *   if (update.type === 'state') render(update.state);
 * ```
 *
 * @throws ConfigurationError for options that cannot work
 * @throws TopicNamespaceError for a namespace that makes no legal topic
 */
export function createProgressClient(options: ProgressClientOptions): ProgressClient {
  return new StepcastClient(options);
}

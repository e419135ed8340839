import { DescribeServicesCommand, type ECSClient } from '@aws-sdk/client-ecs';
import { asError } from '@stepcast/kit';
import { CopiesUnknownError, type CopiesReader } from '../ports/copies.port.ts';

export interface EcsCopiesOptions {
  readonly client: ECSClient;
  /** `cluster/service`, both by name. */
  readonly service: string;
}

/** For the whole call, all attempts included. */
const LIMIT_MS = 8_000;

/**
 * The copies of an ECS service. During a deployment the tasks of the old and of the new release count, and a task counts from when
 * ECS decides on it, well before its container starts: ECS changes the desired count first.
 *
 * Source: Amazon ECS API reference, "Service": `runningCount` and `pendingCount` are those of all deployments of the service.
 */
export function createEcsCopies({ client, service }: EcsCopiesOptions): CopiesReader {
  const [cluster = '', name = ''] = service.split('/');
  return {
    async read(signal) {
      const abortSignal = AbortSignal.any([signal, AbortSignal.timeout(LIMIT_MS)]);
      try {
        const { services = [], failures = [] } = await client.send(
          new DescribeServicesCommand({ cluster, services: [name] }),
          { abortSignal },
        );
        const [found] = services;
        if (found === undefined) throw new CopiesUnknownError(failures[0]?.reason ?? 'ECS names no service');
        const { desiredCount = 0, runningCount = 0, pendingCount = 0 } = found;
        return Math.max(desiredCount, runningCount + pendingCount);
      } catch (thrown) {
        if (thrown instanceof CopiesUnknownError) throw thrown;
        throw new CopiesUnknownError(asError(thrown).name, { cause: thrown });
      }
    },
  };
}

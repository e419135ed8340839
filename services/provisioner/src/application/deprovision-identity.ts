import { clientIdOf, type IdentityId, type SessionId } from '@stepcast/contracts';
import type { CounterMetric, Logger } from '@stepcast/kit';
import type { Connections } from '../ports/connections.port.ts';
import type { PolicyAttachments } from '../ports/policy-attachments.port.ts';

export interface DeprovisionDependencies {
  readonly attachments: PolicyAttachments;
  readonly connections: Connections;
  readonly logger: Logger;
  /** Labels: `outcome`. */
  readonly outcomes: CounterMetric;
}

export interface Deprovisioned {
  /** How many of the named sessions had a connection that was cut. */
  readonly connectionsCut: number;
}

/**
 * Takes the policy from an identity, then cuts its open connections. In this order, so that a client that is cut cannot connect again
 * once IoT has taken notice, which takes minutes; what is still open is stopped at its next message, since IoT decides
 * `iot:Receive` at every delivery.
 *
 * IoT Core has no way to list the connections of an identity, so the sessions have to be named; the sources are the client
 * IDs of IoT's life cycle events.
 *
 * @throws DirectoryUnavailableError; repeating it is safe
 */
export function createDeprovisionIdentity(
  dependencies: DeprovisionDependencies,
): (identityId: IdentityId, sessions: readonly SessionId[]) => Promise<Deprovisioned> {
  const { attachments, connections, logger, outcomes } = dependencies;
  return async (identityId, sessions) => {
    await attachments.detach(identityId);
    logger.info({ audit: true, action: 'detachPolicy', identityId, way: 'deprovision' }, 'policy detached');
    outcomes.add({ outcome: 'detached' });
    let connectionsCut = 0;
    for (const session of sessions) {
      const clientId = clientIdOf(identityId, session);
      if (!(await connections.cut(clientId))) continue;
      connectionsCut += 1;
      logger.info({ audit: true, action: 'deleteConnection', identityId, clientId }, 'connection cut');
      outcomes.add({ outcome: 'connection_cut' });
    }
    return { connectionsCut };
  };
}

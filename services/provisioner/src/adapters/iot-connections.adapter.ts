import {
  DeleteConnectionCommand,
  ResourceNotFoundException,
  type IoTDataPlaneClient,
} from '@aws-sdk/client-iot-data-plane';
import { DirectoryUnavailableError } from '../errors.ts';
import type { Connections } from '../ports/connections.port.ts';

/** Cuts connections by IoT's DeleteConnection. The SDK percent-encodes the colon of identity IDs in the path. */
export function createIotConnections(client: IoTDataPlaneClient): Connections {
  return {
    async cut(clientId) {
      try {
        await client.send(
          new DeleteConnectionCommand({ clientId, cleanSession: true, preventWillMessage: true }),
        );
        return true;
      } catch (thrown) {
        if (thrown instanceof ResourceNotFoundException) return false;
        throw new DirectoryUnavailableError('DeleteConnection', { cause: thrown });
      }
    },
  };
}

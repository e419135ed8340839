import type { IdentityId, SessionId } from '@stepcast/contracts';
import type { BackoffOptions } from './backoff.ts';
import type { Credentials } from './credentials.ts';
import type { Environment } from './environment.port.ts';
import type { Provisioned } from './provisioning.ts';
import type { Runtime } from './runtime.ts';
import type { ProtocolLevel, Transport, TransportConnection, TransportMessage } from './transport.port.ts';
import type { ConnectionState } from './types.ts';
import type { ProgressClientOptions } from './options.ts';
import { brokerUrl } from './presign.ts';

/** What is known once CONNACK has come. */
export interface OpenSession {
  readonly connection: TransportConnection;
  readonly session: SessionId;
  readonly identityId: IdentityId;
}

export interface ConnectionOptions {
  readonly url: URL;
  readonly region: string;
  readonly protocol: 'auto' | ProtocolLevel;
  readonly keepAliveSeconds: number;
  readonly connectTimeoutMs: number;
  readonly hiddenDisconnectMs: number;
  readonly backoff: BackoffOptions;
}

export interface ConnectionParts {
  readonly options: ConnectionOptions;
  readonly runtime: Runtime;
  readonly environment: Environment;
  readonly transport: Transport;
  readonly credentials: Credentials;
  /**
   * Undefined when the app provisions by other means.
   * @param refused the broker refused the identity although it was provisioned
   */
  readonly provision: ((refused: boolean) => Promise<Provisioned>) | undefined;
  /** Subscribes everything; resolves when every SUBACK is in. Rejecting ends the attempt. */
  readonly subscribe: (open: OpenSession) => Promise<void>;
  readonly onMessage: (message: TransportMessage) => void;
  readonly onState: (state: ConnectionState) => void;
  /** The connection is gone, for now or for good. */
  readonly onDown: () => void;
}

/**
 * The options of the connection with their defaults.
 * @throws ConfigurationError for an endpoint that is no address of a broker
 */
export function connectionOptions(options: ProgressClientOptions): ConnectionOptions {
  return {
    url: brokerUrl(options.endpoint),
    region: options.region,
    protocol: options.protocol ?? 'auto',
    keepAliveSeconds: options.keepAliveSeconds ?? 120,
    connectTimeoutMs: options.connectTimeoutMs ?? 15_000,
    hiddenDisconnectMs: options.hiddenDisconnectMs ?? 0,
    backoff: options.backoff ?? {},
  };
}

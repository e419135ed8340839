import type { Principal } from '../core/index.ts';
import type { Access } from './access.ts';

/** What the broker needs of a logger; pino has it. */
export interface BrokerLog {
  debug(fields: object, message: string): void;
  warn(fields: object, message: string): void;
}

/** What the broker knows of one network connection, from the first byte to the last. */
export interface Connection {
  readonly transport: 'webSocket' | 'tcp';
  readonly connectedAtMs: number;
  /** Proven at the upgrade (WebSocket) or by CONNECT's password (TCP). */
  principal: Principal | undefined;
  /** Of the credentials that opened it; undefined when they do not expire. */
  readonly credentialExpiresAtMs: number | undefined;
  protocolVersion: number;
  /** Set once the connection is accepted. */
  access: Access | undefined;
  /** Topic filters as the client asked for them. */
  readonly subscriptions: Set<string>;
}

/** Counters since the broker was started. */
export interface BrokerStats {
  /** Network connections that reached the broker. */
  connections: number;
  /** Upgrades refused with 403: no, bad or expired signature. */
  refusedUpgrades: number;
  /** CONNECT packets refused. */
  refusedConnects: number;
  /** Messages taken from clients. */
  published: number;
  /** Messages handed to clients. */
  delivered: number;
  refusedPublishes: number;
  refusedSubscriptions: number;
  /** Deliveries that `iot:Receive` did not allow. */
  withheld: number;
  /** Messages over the rate of their connection, discarded as IoT Core does. */
  throttled: number;
  /** Connections closed over a limit or a feature that IoT Core does not have. */
  limitBreaches: number;
}

export function newStats(): BrokerStats {
  return {
    connections: 0,
    refusedUpgrades: 0,
    refusedConnects: 0,
    published: 0,
    delivered: 0,
    refusedPublishes: 0,
    refusedSubscriptions: 0,
    withheld: 0,
    throttled: 0,
    limitBreaches: 0,
  };
}

/** Protocol level of MQTT: 5, or 4 for version 3.1.1. */
export type ProtocolLevel = 4 | 5;

export interface TransportConnectOptions {
  /** Signed for this attempt; never to be used a second time. */
  readonly url: string;
  readonly clientId: string;
  readonly protocol: ProtocolLevel;
  /** Seconds without traffic after which the client pings. */
  readonly keepAliveSeconds: number;
  /** From the start of the handshake to CONNACK, in milliseconds. */
  readonly connectTimeoutMs: number;
  /**
   * Called for every message, in the order of arrival. QoS 1 messages are acknowledged after it returns. It must not throw.
   */
  readonly onMessage: (message: TransportMessage) => void;
  /** Called once when an open connection ends, on either side; never after `close()`. */
  readonly onClose: (error: TransportError) => void;
}

/** What to subscribe to, and how surely the broker has to deliver it: QoS 0 is at most once, 1 at least once. */
export interface Subscription {
  readonly filter: string;
  readonly qos: 0 | 1;
}

export interface TransportMessage {
  readonly topic: string;
  readonly payload: Uint8Array;
  /** Whether the broker had retained it: it was published before this subscription. */
  readonly retained: boolean;
}

/** An open connection: CONNACK has come. */
export interface TransportConnection {
  /**
   * Subscribes in one packet. AWS IoT takes at most 8 filters in one.
   * @returns per subscription the MQTT reason code: 0 to 2 is the QoS granted, 128 and above refused
   * @throws TransportError when the connection ended before SUBACK
   */
  subscribe(subscriptions: readonly Subscription[]): Promise<readonly number[]>;
  unsubscribe(filters: readonly string[]): Promise<void>;
  /**
   * Publishes with QoS 1 and waits for the PUBACK.
   * @throws TransportError `refused` with the reason code (MQTT 5), `closed` when the connection ended first
   */
  publish(topic: string, payload: Uint8Array, contentType: string): Promise<void>;
  /** Asks the broker whether it is still there. Rejects, and closes the connection, when it does not answer in time. */
  ping(timeoutMs: number): Promise<void>;
  /** Says goodbye and closes. Idempotent. Promises that wait are rejected. */
  close(): void;
}

/** The way to the broker. One method: each call is one attempt with a URL of its own; a transport never reconnects. */
export interface Transport {
  /** @throws TransportError */
  connect(options: TransportConnectOptions): Promise<TransportConnection>;
}

/**
 * - `handshake`: the WebSocket did not open
 * - `timeout`: no answer in time
 * - `refused`: the broker said no; `mqttCode` holds what it said
 * - `version`: the broker does not speak this version of MQTT
 * - `closed`: the connection ended; `mqttCode` is that of an MQTT 5 DISCONNECT, where there was one
 * - `protocol`: what came was not MQTT
 */
export type TransportErrorKind = 'handshake' | 'timeout' | 'refused' | 'version' | 'closed' | 'protocol';

export class TransportError extends Error {
  readonly code: string;
  readonly kind: TransportErrorKind;
  /** MQTT reason code (or return code of a 3.1.1 CONNACK), if there was one. */
  readonly mqttCode: number | undefined;
  /** Whether an attempt with a new URL may succeed; refusals for lack of rights are not. */
  readonly retryable: boolean;

  constructor(kind: TransportErrorKind, message: string, options: ErrorOptions & { mqttCode?: number } = {}) {
    super(message, options);
    this.name = 'TransportError';
    this.code = `TRANSPORT_${kind.toUpperCase()}`;
    this.kind = kind;
    this.mqttCode = options.mqttCode;
    this.retryable = !this.unauthorized && kind !== 'version';
  }

  /**
   * Whether the broker refused for lack of rights: 0x86, 0x87 of MQTT 5; 4, 5 of 3.1.1, and the 7 that AWS IoT
   * answers in their place.
   */
  get unauthorized(): boolean {
    return this.kind === 'refused' && [4, 5, 7, 0x86, 0x87].includes(this.mqttCode ?? -1);
  }
}

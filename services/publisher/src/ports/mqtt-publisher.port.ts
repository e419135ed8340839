import { StepcastError } from '@stepcast/kit';

/** One message out, always at QoS 1. */
export interface MqttMessage {
  readonly topic: string;
  readonly payload: Uint8Array;
  readonly retain: boolean;
  /** Goes along where the protocol has it (MQTT 5). */
  readonly contentType: string;
  /** The header of W3C Trace Context; goes along as a user property where the protocol has it (MQTT 5). */
  readonly traceparent?: string | undefined;
}

/** Name of the user property. */
export const TRACEPARENT = 'traceparent';

/** How surely the broker has to deliver what is subscribed to: catch-up requests, which clients repeat until they are answered. */
export const SUBSCRIPTION_QOS: 0 | 1 = 0;

/**
 * The longest silence of a connection. The broker ends one that was silent for one and a half times as long, so nothing that
 * was sent on it comes in later. AWS IoT Core takes 30 to 1,200 s.
 */
export const KEEP_ALIVE_SECONDS = 30;

export interface IncomingMqttMessage {
  readonly topic: string;
  readonly payload: Uint8Array;
}

/** What the broker said of itself at connect. `undefined`: it said nothing. */
export interface BrokerTraits {
  /** How many unacknowledged QoS 1 messages it takes. */
  readonly receiveMaximum: number | undefined;
  readonly maximumPacketBytes: number | undefined;
  /** Whether `$share/…` filters are worth a try. */
  readonly sharedSubscriptions: boolean;
}

/**
 * One connection to the broker, from CONNACK to its end. It never reconnects by itself and never sends again: what was
 * not acknowledged when it ends is rejected, and the caller decides.
 */
export interface MqttSession {
  readonly traits: BrokerTraits;
  /**
   * Resolves at PUBACK.
   * @throws PublishRefusedError the broker took note and said no; the connection lives on
   * @throws ConnectionLostError the connection ended first; nobody knows whether the broker has it
   */
  publish(message: MqttMessage): Promise<void>;
  /**
   * Resolves when the broker has granted it, with QoS 0.
   * @throws SubscribeRefusedError
   * @throws ConnectionLostError
   */
  subscribe(filter: string, onMessage: (message: IncomingMqttMessage) => void): Promise<void>;
  /** Resolves once, when the connection has ended, with the reason. Never rejects. */
  readonly closed: Promise<Error>;
  /** Ends the connection: with DISCONNECT, or at once with `force`. */
  close(options: { readonly force: boolean }): Promise<void>;
}

/** Port: a broker that takes messages. */
export interface MqttPublisher {
  /**
   * One attempt to connect, with a clean session and fresh credentials.
   * @throws ConnectFailedError
   */
  connect(options: { readonly clientId: string; readonly signal: AbortSignal }): Promise<MqttSession>;
}

/** MQTT 5 reason codes that pass by themselves: the same message may be taken a moment later. */
const TRANSIENT_REASONS: ReadonlySet<number> = new Set([0x89, 0x91, 0x93, 0x96, 0x97]);
/** Of these, those that say that too much is asked: message rate too high, quota exceeded. */
const THROTTLE_REASONS: ReadonlySet<number> = new Set([0x96, 0x97]);

/** The broker refused one message: a reason code of 0x80 or more in its PUBACK, or its size. */
export class PublishRefusedError extends StepcastError {
  readonly code = 'PUBLISHER_PUBLISH_REFUSED';
  readonly retryable: boolean;
  /** MQTT 5 reason code, where there is one. */
  readonly reasonCode: number | undefined;
  constructor(reason: string, reasonCode: number | undefined, options?: ErrorOptions) {
    super(`the broker refused the message: ${reason}`, options);
    this.reasonCode = reasonCode;
    this.retryable = reasonCode !== undefined && TRANSIENT_REASONS.has(reasonCode);
  }

  /** The broker takes it later: too much is asked of it now. */
  get isThrottle(): boolean {
    return this.reasonCode !== undefined && THROTTLE_REASONS.has(this.reasonCode);
  }
}

/** The connection ended while something was under way. */
export class ConnectionLostError extends StepcastError {
  readonly code = 'PUBLISHER_CONNECTION_LOST';
  readonly retryable = true;
  constructor(reason: string, options?: ErrorOptions) {
    super(`the connection to the broker ended: ${reason}`, options);
  }
}

/** A connection could not be made. Always worth another try: credentials and policies change under us. */
export class ConnectFailedError extends StepcastError {
  readonly code = 'PUBLISHER_CONNECT_FAILED';
  readonly retryable = true;
  constructor(reason: string, options?: ErrorOptions) {
    super(`no connection to the broker: ${reason}`, options);
  }
}

/** The broker refused a subscription. */
export class SubscribeRefusedError extends StepcastError {
  readonly code = 'PUBLISHER_SUBSCRIBE_REFUSED';
  readonly retryable = true;
  readonly reasonCode: number | undefined;
  constructor(filter: string, reasonCode: number | undefined, options?: ErrorOptions) {
    super(`the broker refused the subscription ${filter} (reason ${reasonCode ?? 'unknown'})`, options);
    this.reasonCode = reasonCode;
  }
}

import { StepcastError, asError } from './errors.ts';
import type { Reason } from './codes.ts';
import type { Provisioned } from './provisioning.ts';
import { type ProtocolLevel, TransportError } from './transport.port.ts';
import type { ConnectionStatus } from './types.ts';

/**
 * What has been learned from earlier attempts, and what the next one has to do differently: which version of MQTT, whether to
 * provision, whether to force new credentials. Judges errors; moves nothing itself.
 */
export class AttemptPolicy {
  /** Version to try next. */
  protocol: ProtocolLevel;
  /** Undefined when the identity has to be provisioned (again). */
  provisioned: Provisioned | undefined;
  /** Whether the provider must not answer from its cache. */
  forceCredentials = false;
  readonly #allowed: 'auto' | ProtocolLevel;
  readonly #now: () => number;
  /** Whether policy and credentials were renewed since it last worked. */
  #renewed = false;
  #silentRefusals = 0;

  constructor(allowed: 'auto' | ProtocolLevel, now: () => number) {
    this.#allowed = allowed;
    this.#now = now;
    this.protocol = allowed === 'auto' ? 5 : allowed;
  }

  /** The application starts anew. */
  restart(): void {
    this.#renewed = false;
    this.provisioned = undefined;
  }

  /** CONNACK came. */
  connected(): void {
    this.forceCredentials = false;
    this.#silentRefusals = 0;
  }

  /** Every SUBACK came. */
  live(): void {
    this.#renewed = false;
  }

  /** What an error means for the client, and what has to be done differently next time. */
  judge(thrown: unknown, status: ConnectionStatus): StepcastError {
    if (thrown instanceof StepcastError) {
      return thrown.reason === 'subscribeDenied' ? this.#unauthorized(thrown, 'subscribeDenied') : thrown;
    }
    const cause = asError(thrown);
    if (!(thrown instanceof TransportError))
      return new StepcastError('connectionLost', cause.message, { cause });
    if (thrown.unauthorized) return this.#unauthorized(thrown, 'denied');
    const say = (reason: Reason) => new StepcastError(reason, thrown.message, { cause: thrown });
    switch (thrown.kind) {
      case 'handshake':
        this.forceCredentials = true;
        return say('handshakeFailed');
      case 'timeout':
        if (status === 'subscribing') return say('subscribeFailed');
        return say(status === 'connecting' ? 'connectTimeout' : 'pingTimeout');
      case 'refused':
        return say('brokerUnavailable');
      case 'version':
        return say(this.#mayFallBack() ? 'protocolFallback' : 'unsupportedProtocol');
      case 'protocol':
        return say('protocolError');
      case 'closed':
        if (thrown.mqttCode === 0x87) return this.#unauthorized(thrown, 'denied');
        if (thrown.mqttCode === 0x8e) return say('takenOver');
        if (thrown.mqttCode !== undefined) return say('brokerDisconnected');
        return this.#closedWithoutReason(say('connectionLost'), status);
    }
  }

  /**
   * Some brokers of MQTT 3.1.1 close on a CONNECT of version 5 instead of answering, and AWS IoT may close on an identity that it does not know
   * yet. So after two such closes in a row the other version is tried; rights are never concluded from them.
   */
  #closedWithoutReason(error: StepcastError, status: ConnectionStatus): StepcastError {
    if (status !== 'connecting') return error;
    this.#silentRefusals += 1;
    if (this.#silentRefusals % 2 === 0 && this.#allowed === 'auto')
      this.protocol = this.protocol === 5 ? 4 : 5;
    const windowEndsAtMs = this.provisioned?.windowEndsAtMs ?? 0;
    return this.#now() < windowEndsAtMs
      ? new StepcastError('notYetAuthorized', error.message, { cause: error })
      : error;
  }

  #mayFallBack(): boolean {
    return this.#allowed === 'auto' && this.protocol === 5;
  }

  #unauthorized(cause: Error, final: 'denied' | 'subscribeDenied'): StepcastError {
    if (this.#now() < (this.provisioned?.windowEndsAtMs ?? 0))
      return new StepcastError('notYetAuthorized', cause.message, { cause });
    if (this.#renewed)
      return final === 'subscribeDenied' && cause instanceof StepcastError
        ? cause
        : new StepcastError(final, undefined, { cause });
    this.#renewed = true;
    this.forceCredentials = true;
    this.provisioned = undefined;
    return new StepcastError('refreshingAuthorization', cause.message, { cause });
  }
}

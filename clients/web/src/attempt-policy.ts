import { StepcastError, asError } from './errors.ts';
import type { Reason } from './codes.ts';
import type { Provisioned } from './provisioning.ts';
import type { Runtime } from './runtime.ts';
import { type ProtocolLevel, TransportError } from './transport.port.ts';
import type { ConnectionStatus } from './types.ts';

/**
 * Between two requests that say `refused`, at least this long and up to half more, doubled by each until a connection is
 * live, up to the cap. The service checks an identity about as often.
 */
const RENEW_EVERY_MS = 30_000;
const RENEW_CAP_MS = 480_000;
/** So many closes instead of an answer to CONNECT, one after the other, may be refusals. */
const SUSPICIOUS_CLOSES = 2;

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
  readonly #random: () => number;
  /** Whether policy and credentials were renewed since it last worked. */
  #renewed = false;
  #silentRefusals = 0;
  /** Whether the broker refused what was provisioned, and the service has not been asked again. */
  #refused = false;
  #renewEveryMs = RENEW_EVERY_MS;
  #mayRenewAtMs = 0;

  constructor(allowed: 'auto' | ProtocolLevel, runtime: Pick<Runtime, 'now' | 'random'>) {
    this.#allowed = allowed;
    this.#now = () => runtime.now();
    this.#random = () => runtime.random();
    this.protocol = allowed === 'auto' ? 5 : allowed;
  }

  /** The application starts anew. */
  restart(): void {
    this.#renewed = false;
    this.#refused = false;
    this.provisioned = undefined;
  }

  /** Whether the next attempt begins with the provisioning service. */
  get mustProvision(): boolean {
    return this.provisioned === undefined || this.#refused;
  }

  /** Whether the service may be asked again now that the broker refused what it had provisioned. */
  get mayRenew(): boolean {
    return !this.#inWindow && this.#now() >= this.#mayRenewAtMs;
  }

  /** The broker refused something on a connection that goes on. */
  refusedWhileLive(): void {
    this.#refused = true;
  }

  /**
   * A request to the provisioning service is about to be made.
   * @returns whether it says that the broker refused
   * @throws StepcastError `refreshingAuthorization` when the last that said so was too short a while ago
   */
  provisioning(): boolean {
    if (!this.#refused) return false;
    if (this.#now() < this.#mayRenewAtMs) throw new StepcastError('refreshingAuthorization');
    this.#mayRenewAtMs = this.#now() + this.#renewEveryMs * (1 + this.#random() / 2);
    this.#renewEveryMs = Math.min(RENEW_CAP_MS, this.#renewEveryMs * 2);
    this.#refused = false;
    return true;
  }

  /** The service has answered. */
  provisionedAs(provisioned: Provisioned): void {
    this.provisioned = provisioned;
    // It has not checked, so the next refusal is the first again.
    if (provisioned.limited) this.#renewed = false;
  }

  /** The service has not answered a request that said `refused`, or did not. @returns whether the attempt goes on with what was known before */
  provisioningFailed(refused: boolean): boolean {
    if (this.provisioned !== undefined) return true;
    this.#refused ||= refused;
    return false;
  }

  /** CONNACK came. */
  connected(): void {
    this.forceCredentials = false;
    this.#silentRefusals = 0;
  }

  /** Every SUBACK came. */
  live(): void {
    this.#renewed = false;
    this.#renewEveryMs = RENEW_EVERY_MS;
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
   * yet, or any more. So after two such closes in a row the other version is tried, and the service is asked to check the
   * policy; that rights are missing is never concluded from them.
   */
  #closedWithoutReason(error: StepcastError, status: ConnectionStatus): StepcastError {
    if (status !== 'connecting') return error;
    this.#silentRefusals += 1;
    if (this.#silentRefusals % 2 === 0 && this.#allowed === 'auto')
      this.protocol = this.protocol === 5 ? 4 : 5;
    if (this.#inWindow) return new StepcastError('notYetAuthorized', error.message, { cause: error });
    if (this.#silentRefusals >= SUSPICIOUS_CLOSES && this.mayRenew) this.#refused = true;
    return error;
  }

  /** Whether a refusal means "not yet". */
  get #inWindow(): boolean {
    return this.#now() < (this.provisioned?.windowEndsAtMs ?? 0);
  }

  #mayFallBack(): boolean {
    return this.#allowed === 'auto' && this.protocol === 5;
  }

  #unauthorized(cause: Error, final: 'denied' | 'subscribeDenied'): StepcastError {
    if (this.#inWindow) return new StepcastError('notYetAuthorized', cause.message, { cause });
    if (this.#renewed)
      return final === 'subscribeDenied' && cause instanceof StepcastError
        ? cause
        : new StepcastError(final, undefined, { cause });
    this.#renewed = true;
    this.#refused = true;
    this.forceCredentials = true;
    this.provisioned = undefined;
    return new StepcastError('refreshingAuthorization', cause.message, { cause });
  }
}

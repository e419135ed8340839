import { clientIdOf, type IdentityId, SessionId } from '@stepcast/contracts';
import type { ConnectionParts } from './connection-parts.ts';
import { AttemptPolicy } from './attempt-policy.ts';
import { backoffDelayMs } from './backoff.ts';
import { codeOf, type Reason } from './codes.ts';
import type { ResolvedCredentials } from './credentials.ts';
import { type EnvironmentEvent } from './environment.port.ts';
import { StepcastError } from './errors.ts';
import { presignedUrl } from './presign.ts';
import { ProvisioningStep } from './provisioning-step.ts';
import { randomName } from './runtime.ts';
import { type TransportConnection, type TransportError } from './transport.port.ts';
import type { ConnectionState, ConnectionStatus } from './types.ts';

/** A connection that lived this long starts its backoff anew. */
const STABLE_MS = 10_000;
const PING_TIMEOUT_MS = 5_000;
/** After the network or the page came back, within this time. Not at once: a whole office comes back together. */
const SOON_MS = 1_000;

/**
 * The one connection of a client, and its coming back.
 *
 * - `idle`: nothing asked for yet. `start()` → `provisioning`, or `connecting` where nothing has to be provisioned.
 * - `provisioning`: the IoT policy is being attached to the identity. Once per start, and again when the broker refuses,
 *   at a bounded rate.
 * - `connecting`: credentials are asked for anew, a URL is signed for this attempt alone, WebSocket and CONNECT follow. Client ID
 *   and session are new each time, so that no two connections ever evict each other.
 * - `subscribing`: CONNACK came; SUBSCRIBE packets are out.
 * - `live`: every SUBACK is in.
 * - `disconnected`: waits; for a time (full jitter), for the network, or for the page to be shown. Then up again.
 * - `closed`: `close()`; final. `failed`: somebody has to act; `start()` begins anew.
 *
 * A refusal for lack of rights inside the provisioning window is "not yet" and backs off. Outside, the first since
 * the last time it worked has policy and credentials renewed; the second stops the client. Everything else is taken to pass.
 *
 * Every way out of an attempt goes through `#down`; every change of status through `#set`. An attempt remembers its
 * number; whatever comes of an outdated one is dropped.
 */
export class Connection {
  readonly #parts: ConnectionParts;
  #state: ConnectionState = { status: 'idle', reason: 'none', reasonCode: 0 };
  #attempt = 0;
  #failures = 0;
  #identityId: IdentityId | undefined;
  readonly #policy: AttemptPolicy;
  readonly #provisioning: ProvisioningStep;
  #open: TransportConnection | undefined;
  #liveAtMs = 0;
  /** When it was live last. */
  #asOf: string | undefined;
  #cancelRetry: (() => void) | undefined;
  #cancelHidden: (() => void) | undefined;
  #stopObserving: (() => void) | undefined;
  #hidden = false;

  constructor(parts: ConnectionParts) {
    this.#parts = parts;
    this.#policy = new AttemptPolicy(parts.options.protocol, parts.runtime);
    this.#provisioning = new ProvisioningStep(parts.provision, this.#policy);
  }

  get state(): ConnectionState {
    return this.#state;
  }

  get identityId(): IdentityId | undefined {
    return this.#identityId;
  }

  /** Begins to connect, from `idle` or `failed`. In every other state it does nothing. */
  start(): void {
    if (this.#state.status !== 'idle' && this.#state.status !== 'failed') return;
    this.#stopObserving ??= this.#parts.environment.observe((event) => this.#environment(event));
    this.#failures = 0;
    this.#policy.restart();
    void this.#run('starting');
  }

  /** Ends everything. Final and idempotent. */
  close(): void {
    if (this.#state.status === 'closed') return;
    this.#leave();
    this.#set('closed', 'closed');
  }

  /** Something that the owner found out about the open connection: ends it, and comes back where that makes sense. */
  abort(error: StepcastError | TransportError): void {
    if (this.#open !== undefined) this.#down(error);
  }

  /** Whether the provisioning service may be asked now to check the policy of this identity. */
  get mayRenew(): boolean {
    return this.#provisioning.mayRenew;
  }

  /** Something that was sent on the open connection was not taken. If for lack of rights, has the policy checked. */
  refused(thrown: unknown): void {
    if (this.#state.status === 'live') void this.#provisioning.renewAfter(thrown);
  }

  async #run(reason: Reason): Promise<void> {
    this.#cancelRetry?.();
    this.#cancelRetry = undefined;
    this.#attempt += 1;
    const attempt = this.#attempt;
    const outdated = () => attempt !== this.#attempt;
    const { credentials, options, transport, runtime } = this.#parts;
    try {
      if (this.#provisioning.needed) {
        await this.#provisioning.run(() => this.#set('provisioning', reason));
        if (outdated()) return;
      }
      this.#set('connecting', reason);
      const fresh = await credentials.refresh(this.#policy.forceCredentials);
      if (outdated()) return;
      this.#checkIdentity(fresh.identityId);
      const session = SessionId.parse(randomName(runtime));
      const connection = await transport.connect({
        url: this.#signedUrl(fresh),
        clientId: clientIdOf(fresh.identityId, session),
        protocol: this.#policy.protocol,
        keepAliveSeconds: options.keepAliveSeconds,
        connectTimeoutMs: options.connectTimeoutMs,
        onMessage: (message) => {
          if (!outdated()) this.#parts.onMessage(message);
        },
        onClose: (error) => {
          if (!outdated()) this.#down(error);
        },
      });
      if (outdated()) {
        connection.close();
        return;
      }
      this.#open = connection;
      this.#policy.connected();
      this.#set('subscribing', 'connected');
      await this.#parts.subscribe({ connection, session, identityId: fresh.identityId });
      if (outdated()) return;
      this.#policy.live();
      this.#liveAtMs = runtime.now();
      this.#set('live', 'connected');
    } catch (thrown) {
      if (!outdated()) this.#down(thrown);
    }
  }

  #signedUrl(credentials: ResolvedCredentials): string {
    const nowMs = this.#parts.runtime.now() + credentials.clockOffsetMs;
    const { url, region } = this.#parts.options;
    return presignedUrl({ url, region, credentials, nowMs });
  }

  #checkIdentity(identityId: IdentityId): void {
    const provisionedFor = this.#policy.provisioned?.identityId;
    if (provisionedFor !== undefined && provisionedFor !== identityId)
      throw new StepcastError(
        'identityMismatch',
        `provisioned was ${provisionedFor}, but the credentials are for ${identityId}: do both use the same identity pool and login?`,
      );
    if (this.#identityId !== undefined && this.#identityId !== identityId)
      throw new StepcastError('identityChanged');
    this.#identityId = identityId;
  }

  /** An attempt or a connection has ended by itself. Decides what follows. */
  #down(thrown: unknown): void {
    const wasLive = this.#state.status === 'live';
    const stable = wasLive && this.#parts.runtime.now() - this.#liveAtMs >= STABLE_MS;
    this.#leave();
    if (stable) this.#failures = 0;
    const error = this.#policy.judge(thrown, this.#state.status);
    if (error.reasonCode >= 300) {
      this.#set('failed', error.reason, { error });
      return;
    }
    if (error.reason === 'protocolFallback') {
      this.#policy.protocol = 4;
      void this.#run('protocolFallback');
      return;
    }
    if (!this.#parts.environment.online) {
      this.#set('disconnected', 'offline', { error });
      return;
    }
    const random = () => this.#parts.runtime.random();
    const delayMs = backoffDelayMs(this.#failures, random, this.#parts.options.backoff);
    this.#failures += 1;
    this.#retryIn(delayMs, error.reason, error);
  }

  #environment(event: EnvironmentEvent): void {
    switch (event) {
      case 'offline':
        // Browsers are wrong about this now and then: a connection that still answers stays.
        if (this.#open !== undefined) this.#check();
        else if (this.#state.status === 'disconnected') {
          this.#cancelRetry?.();
          this.#cancelRetry = undefined;
          this.#set('disconnected', 'offline', { error: this.#state.error });
        }
        return;
      case 'hidden':
        this.#hidden = true;
        if (this.#parts.options.hiddenDisconnectMs > 0) this.#armHidden();
        return;
      case 'visible':
        this.#hidden = false;
        this.#cancelHidden?.();
        this.#cancelHidden = undefined;
        this.#comeBack();
        return;
      case 'online':
      case 'wake':
        this.#comeBack();
        return;
      case 'leave':
        return;
    }
  }

  /** The device is back: a connection has to prove itself, a wait is cut short. */
  #comeBack(): void {
    if (this.#open !== undefined) this.#check();
    else if (this.#state.status === 'disconnected' && !this.#paused) {
      const { reason, error } = this.#state;
      this.#failures = 0;
      this.#retryIn(this.#parts.runtime.random() * SOON_MS, reason, error);
    }
  }

  get #paused(): boolean {
    return this.#hidden && this.#state.reason === 'hidden';
  }

  #check(): void {
    const connection = this.#open;
    connection?.ping(PING_TIMEOUT_MS).catch((error: unknown) => {
      // A transport that closes by itself on a missing answer has reported it already.
      if (this.#open === connection) this.#down(error);
    });
  }

  #armHidden(): void {
    this.#cancelHidden?.();
    this.#cancelHidden = this.#parts.runtime.setTimer(() => {
      const { status } = this.#state;
      if (status === 'closed' || status === 'failed' || status === 'idle') return;
      this.#leave();
      this.#set('disconnected', 'hidden');
    }, this.#parts.options.hiddenDisconnectMs);
  }

  #retryIn(delayMs: number, reason: Reason, error: StepcastError | undefined): void {
    this.#cancelRetry?.();
    this.#cancelRetry = this.#parts.runtime.setTimer(() => void this.#run('retrying'), delayMs);
    this.#set('disconnected', reason, { retryInMs: delayMs, error });
  }

  /** Drops whatever is open or under way. */
  #leave(): void {
    this.#attempt += 1;
    this.#cancelRetry?.();
    this.#cancelRetry = undefined;
    const connection = this.#open;
    this.#open = undefined;
    connection?.close();
    if (connection !== undefined) this.#parts.onDown();
  }

  /** The one place where the status changes. */
  #set(
    status: ConnectionStatus,
    reason: Reason,
    more: Pick<ConnectionState, 'retryInMs' | 'error'> = {},
  ): void {
    if (this.#state.status === 'closed') return;
    if (this.#state.status === 'live') this.#asOf = new Date(this.#parts.runtime.now()).toISOString();
    const asOf = status === 'live' || this.#asOf === undefined ? {} : { asOf: this.#asOf };
    this.#state = { status, reason, reasonCode: codeOf(reason), ...more, ...asOf };
    if (status === 'closed' || status === 'failed') {
      this.#stopObserving?.();
      this.#stopObserving = undefined;
      this.#cancelHidden?.();
      this.#cancelHidden = undefined;
    }
    this.#parts.onState(this.#state);
  }
}

import {
  type CatchUpRequest,
  CLOUDEVENTS_CONTENT_TYPE,
  type IdentityId,
  type Overview,
  topicSpace,
  type WorkflowOutline,
} from '@stepcast/contracts';
import { browserEnvironment } from './adapters/browser-environment.adapter.ts';
import { webSocketTransport } from './adapters/websocket-transport.adapter.ts';
import { CatchUp } from './catch-up.ts';
import { requestMessage } from './catch-up-request.ts';
import { ClientUploads } from './client-uploads.ts';
import { Connection } from './connection.ts';
import { connectionOptions, type OpenSession } from './connection-parts.ts';
import { Credentials, type ResolvedCredentials } from './credentials.ts';
import { Emitter } from './emitter.ts';
import { steadyEnvironment } from './environment.port.ts';
import { asError, ConfigurationError, StepcastError } from './errors.ts';
import { type MessageHandlers, readMessage } from './message-reader.ts';
import type { ProgressClientOptions } from './options.ts';
import { OverviewWait } from './overview-wait.ts';
import { Positions } from './positions.ts';
import { provisionTelling, ShownWorkflows } from './shown-workflows.ts';
import { systemRuntime } from './runtime.ts';
import type { FileName } from './s3/index.ts';
import { Subscriber } from './subscriber.ts';
import type { ClientCounters, ClientEvents, ProgressClient, UploadTarget } from './progress-client.port.ts';
import type { ConnectionState, EarlierUpload, EarlierUploadsOptions, UploadWatch } from './types.ts';
import { UploadStreams } from './upload-streams.ts';
import type { TrackUploadOptions, UploadTracker } from './upload-tracker.port.ts';
import type { WatchOptions } from './upload-watch.ts';
import { WaitingTimes } from './waiting-times.ts';
import { Watches } from './watches.ts';
import { whenLive, type WhenLiveOptions } from './when-live.ts';

const FIRST_CHECK_MS = 5_000;

/** See `createProgressClient`. Connects its parts; what each of them decides stands in its own file. */
export class StepcastClient implements ProgressClient {
  readonly #options: ProgressClientOptions;
  readonly #runtime;
  readonly #environment;
  readonly #space;
  readonly #credentials: Credentials;
  readonly #connection: Connection;
  readonly #subscriber: Subscriber;
  readonly #catchUp: CatchUp;
  readonly #emitter: Emitter<ClientEvents>;
  readonly #overviewWait: OverviewWait;
  readonly #times: WaitingTimes;
  readonly #watches: Watches;
  readonly #uploads: ClientUploads;
  readonly #positions: Positions;
  readonly #streams: UploadStreams;
  readonly #counters = { connections: 0, messages: 0, invalidMessages: 0, catchUpRequests: 0 };
  #open: OpenSession | undefined;
  #overview: Overview | undefined;
  readonly #shown = new ShownWorkflows((workflows) => this.#emitter.emit('workflows', workflows));
  #stopObserving: (() => void) | undefined;
  #tellingListener = false;

  constructor(options: ProgressClientOptions) {
    if (options.region === '') throw new ConfigurationError('region must not be empty');
    this.#options = options;
    this.#runtime = options.runtime ?? systemRuntime;
    this.#environment = options.environment ?? browserEnvironment() ?? steadyEnvironment;
    this.#space = topicSpace(options.topicNamespace);
    this.#credentials = new Credentials(options.credentials, this.#runtime);
    this.#emitter = new Emitter((thrown) => this.#listenerThrew(thrown));
    this.#times = new WaitingTimes(options.storage, this.#space.namespace, options.usualWaitMs);
    const { region, s3 = {}, storage } = options;
    const platform = { runtime: this.#runtime, environment: this.#environment };
    this.#uploads = new ClientUploads({ region, s3, storage, credentials: this.#credentials, ...platform });
    this.#overviewWait = new OverviewWait(this.#runtime, () => this.#catchUp.wantOverview());
    this.#positions = new Positions(options.storage, this.#space.namespace, this.#runtime, (warning) =>
      this.#warn(warning),
    );
    this.#streams = new UploadStreams({
      runtime: this.#runtime,
      positions: this.#positions,
      needsCatchUp: (uploadId) => this.#catchUp.want(uploadId),
      onDropped: (uploadId) => {
        this.#catchUp.forget(uploadId);
        this.#subscriber.remove(uploadId);
      },
      warn: (warning) => this.#warn(warning),
    });
    this.#watches = new Watches({
      streams: this.#streams,
      uploads: this.#uploads,
      runtime: this.#runtime,
      times: this.#times,
      stateThrottleMs: options.stateThrottleMs,
      connect: () => this.connect(),
      onFollowed: (uploadId) => {
        if (this.#open !== undefined) this.#subscriber.add(uploadId);
      },
      onListenerError: (thrown) => this.#listenerThrew(thrown),
    });
    this.#subscriber = new Subscriber({
      space: this.#space,
      eventsQos: options.eventsQos ?? 0,
      uploads: () => this.#streams.ids,
      onSubscribed: (uploadIds, isExact) => this.#streams.subscribed(uploadIds, isExact),
      onRefused: (uploadId, error) => this.#streams.fail(uploadId, error),
      onBroken: (error) => this.#connection.abort(error),
      mayRenew: () => this.#connection.mayRenew,
      warn: (warning) => this.#warn(warning),
    });
    this.#catchUp = new CatchUp({
      runtime: this.#runtime,
      publish: (request) => this.#publish(request),
      streamOf: (uploadId) => this.#streams.of(uploadId),
      onOverview: (overview) => this.#takeOverview(overview),
      warn: (warning) => this.#warn(warning),
    });
    this.#connection = this.#makeConnection();
  }

  get connection(): ConnectionState {
    return this.#connection.state;
  }

  get identityId(): IdentityId | undefined {
    return this.#connection.identityId;
  }

  get overview(): Overview | undefined {
    return this.#overview;
  }

  get workflows(): readonly WorkflowOutline[] {
    return this.#shown.workflows;
  }

  get counters(): ClientCounters {
    return { ...this.#counters };
  }

  on<Name extends keyof ClientEvents>(
    name: Name,
    listener: (payload: ClientEvents[Name]) => void,
  ): () => void {
    if (name === 'overview') this.#overviewWait.wanted();
    return this.#emitter.on(name, listener);
  }

  connect(): void {
    if (this.connection.status === 'closed')
      throw new ConfigurationError('the client is closed; make a new one');
    this.#stopObserving ??= this.#environment.observe((event) => {
      if (event === 'leave' || event === 'hidden') void this.#positions.flush();
    });
    this.#connection.start();
  }

  whenLive(options?: WhenLiveOptions): Promise<void> {
    return whenLive(this, options);
  }

  credentials(): Promise<ResolvedCredentials> {
    return this.#credentials.current();
  }

  keyFor(file: FileName, { bucket }: { readonly bucket: string }): Promise<string> {
    return this.#uploads.keyFor(file, bucket);
  }

  earlierUploads(options: EarlierUploadsOptions): AsyncIterable<readonly EarlierUpload[]> {
    return this.#uploads.earlier(options);
  }

  watch(target: UploadTarget, options: WatchOptions & { readonly resume?: boolean } = {}): UploadWatch {
    return this.#watches.watch(target, options);
  }

  trackUpload(options: TrackUploadOptions): UploadTracker {
    return this.#watches.track(options);
  }

  async close(): Promise<void> {
    this.#connection.close();
    await this.#positions.flush();
  }

  #makeConnection(): Connection {
    const { provisioning } = this.#options;
    // Looked up when it is needed: where nothing is provisioned there need be no fetch.
    const fetch: typeof globalThis.fetch = (input, init) =>
      (this.#options.fetch ?? globalThis.fetch)(input, init);
    return new Connection({
      options: connectionOptions(this.#options),
      runtime: this.#runtime,
      environment: this.#environment,
      transport: this.#options.transport ?? webSocketTransport({ runtime: this.#runtime }),
      credentials: this.#credentials,
      provision: provisioning && provisionTelling(provisioning, fetch, this.#runtime, this.#shown),
      subscribe: (open) => this.#begin(open),
      onMessage: (message) => {
        this.#counters.messages += 1;
        readMessage(this.#space, this.identityId, message, this.#handlers);
      },
      onState: (state) => this.#onState(state),
      onDown: () => this.#onDown(),
    });
  }

  readonly #handlers: MessageHandlers = {
    wants: (uploadId) => this.#streams.of(uploadId) !== undefined,
    progress: (data) => this.#streams.of(data.uploadId)?.takeProgress(data),
    state: (state, retained) => this.#streams.of(state.uploadId)?.takeSnapshot(state, retained),
    overview: (overview) => this.#takeOverview(overview),
    reply: (reply, session) => {
      if (session === this.#open?.session) this.#catchUp.receive(reply);
    },
    invalid: (warning) => {
      this.#counters.invalidMessages += 1;
      this.#warn(warning);
    },
  };

  /** Subscribe first; what was missed is asked for when the SUBACKs are in. */
  async #begin(open: OpenSession): Promise<void> {
    this.#counters.connections += 1;
    if (await this.#positions.load(open.identityId)) {
      this.#streams.resume();
      void this.#times.load();
    }
    this.#open = open;
    await this.#subscriber.begin(open);
    if (this.#open !== open) return;
    this.#catchUp.connected();
    this.#overviewWait.live();
    this.#streams.checkSilent(FIRST_CHECK_MS, this.#options.positionCheckMs ?? 60_000);
  }

  #publish(request: CatchUpRequest): Promise<void> {
    const open = this.#open;
    if (open === undefined) return Promise.reject(new StepcastError('connectionLost'));
    this.#counters.catchUpRequests += 1;
    const { identityId, session, connection } = open;
    const topic = this.#space.build({ kind: 'requests', identityId, session });
    const sent = connection.publish(topic, requestMessage(request, this.#runtime), CLOUDEVENTS_CONTENT_TYPE);
    sent.catch((thrown: unknown) => this.#connection.refused(thrown));
    return sent;
  }

  #takeOverview(overview: Overview): void {
    if (this.#overview !== undefined && Date.parse(overview.asOf) <= Date.parse(this.#overview.asOf)) return;
    this.#overview = overview;
    this.#overviewWait.came();
    for (const entry of overview.uploads) this.#streams.of(entry.uploadId)?.takeHint(entry);
    this.#emitter.emit('overview', overview);
  }

  #onState(state: ConnectionState): void {
    this.#emitter.emit('connection', state);
    if (state.status !== 'failed' && state.status !== 'closed') return;
    const error = state.error ?? new StepcastError('closed');
    for (const uploadId of this.#streams.ids) this.#streams.fail(uploadId, error);
    this.#stopObserving?.();
    this.#stopObserving = undefined;
    void this.#positions.flush();
    if (state.status === 'failed') this.#emitter.emit('error', error);
  }

  #onDown(): void {
    this.#open = undefined;
    this.#subscriber.end();
    this.#catchUp.disconnected();
    this.#overviewWait.down();
    this.#streams.disconnected();
  }

  #warn(warning: StepcastError): void {
    this.#emitter.emit('warning', warning);
  }

  #listenerThrew(thrown: unknown): void {
    const cause = asError(thrown);
    // A listener of warnings that throws would get its own warning for ever.
    if (cause instanceof StepcastError && cause.reason === 'listenerThrew') return;
    const warning = new StepcastError('listenerThrew', `a listener threw: ${cause.message}`, { cause });
    if (!this.#tellingListener) {
      this.#tellingListener = true;
      this.#warn(warning);
      this.#tellingListener = false;
    }
  }
}

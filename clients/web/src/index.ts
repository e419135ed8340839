/**
 * Live progress of one person's uploads, for browsers and Node. Start at {@link createProgressClient}.
 */
export {
  cognitoCredentials,
  type CognitoCredentialsOptions,
} from './adapters/cognito-credentials.adapter.ts';
export { browserEnvironment } from './adapters/browser-environment.adapter.ts';
export {
  webSocketTransport,
  type WebSocketTransportOptions,
} from './adapters/websocket-transport.adapter.ts';
export { BACKOFF_DEFAULTS, backoffDelayMs, type BackoffOptions } from './backoff.ts';
export type { ClientS3Options } from './client-uploads.ts';
export { codeOf, type Reason, type ReasonCode, REASONS } from './codes.ts';
export { type ResolvedCredentials } from './credentials.ts';
export type {
  AuthSession,
  AwsCredentials,
  AwsIdentity,
  CredentialProvider,
  CredentialSource,
} from './credentials.port.ts';
export { type Environment, type EnvironmentEvent, steadyEnvironment } from './environment.port.ts';
export {
  ConfigurationError,
  CredentialsDeniedError,
  StepcastError,
  SubscribeRefusedError,
} from './errors.ts';
export type { ProgressClientOptions } from './options.ts';
export { PauseController, type PauseSignal } from './pause.ts';
export type { PositionStorage } from './position-store.ts';
export { brokerUrl, presignedUrl, type PresignRequest } from './presign.ts';
export { createProgressClient } from './create-progress-client.ts';
export type { ClientCounters, ClientEvents, ProgressClient, UploadTarget } from './progress-client.port.ts';
export type { ProvisioningOptions } from './provisioning.ts';
export { type Runtime, systemRuntime } from './runtime.ts';
export type { EventSource, GapReason, StreamPosition } from './stream-merger.ts';
export type {
  Put,
  PutProgress,
  TrackUploadOptions,
  UploadPhase,
  UploadTracker,
} from './upload-tracker.port.ts';
export {
  type ProtocolLevel,
  type Subscription,
  type Transport,
  type TransportConnection,
  type TransportConnectOptions,
  TransportError,
  type TransportErrorKind,
  type TransportMessage,
} from './transport.port.ts';
export type * from './types.ts';
export type { WatchOptions } from './upload-watch.ts';
export type { Waiting } from './waiting.ts';
export type { WhenLiveOptions } from './when-live.ts';

import type { BackoffOptions } from './backoff.ts';
import type { ClientS3Options } from './client-uploads.ts';
import type { CredentialSource } from './credentials.port.ts';
import type { Environment } from './environment.port.ts';
import type { PositionStorage } from './position-store.ts';
import type { ProvisioningOptions } from './provisioning.ts';
import type { Runtime } from './runtime.ts';
import type { Transport } from './transport.port.ts';

/** What `createProgressClient` takes. Only the first three have to be given. */
export interface ProgressClientOptions {
  /** Region of the IoT endpoint, for the signature. */
  readonly region: string;
  /**
   * `wss://…-ats.iot.REGION.amazonaws.com/mqtt`, that host alone, or the sandbox's `ws://` URL. Nothing may follow the path.
   */
  readonly endpoint: string;
  /** Where credentials come from, and with them the identity. Asked before every connection attempt. */
  readonly credentials: CredentialSource;
  /** Has the IoT policy attached before the first connection. Leave out when the app does so by other means. */
  readonly provisioning?: ProvisioningOptions | undefined;
  /** Default `stepcast/v1`. */
  readonly topicNamespace?: string | undefined;
  /** Keeps positions, unfinished uploads and the usual waits over a reload, for example `localStorage`. Default: none; a reload
   * then gets every event again. */
  readonly storage?: PositionStorage | undefined;
  /** MQTT 5, 3.1.1 (`4`), or 5 with 3.1.1 where the broker has no 5. Default `auto`. */
  readonly protocol?: 'auto' | 4 | 5 | undefined;
  /** `stateThrottleMs` of every watch that does not set its own. Default 0. */
  readonly stateThrottleMs?: number | undefined;
  /** Seconds; the client pings at half of it. AWS IoT takes 30 to 1,200. Default 120. */
  readonly keepAliveSeconds?: number | undefined;
  /** Milliseconds from the start of the handshake to CONNACK. Default 15,000. */
  readonly connectTimeoutMs?: number | undefined;
  /** Disconnects a page that was hidden for so many milliseconds, until it is shown again. Default 0: never. */
  readonly hiddenDisconnectMs?: number | undefined;
  /**
   * Milliseconds between checks of uploads that have been silent: a last message may have been lost with nothing behind it to show
   * the hole. The first check comes 5 s after subscribing, since a SUBACK does not mean that delivery has begun. Default 60,000; 0 is never.
   */
  readonly positionCheckMs?: number | undefined;
  /**
   * How surely the broker delivers events. 0: at most once; what is lost is found by its offset and fetched by catch-up. 1: the
   * broker repeats it, for which AWS IoT charges a message more for each. Default 0.
   */
  readonly eventsQos?: 0 | 1 | undefined;
  /**
   * Milliseconds after which an upload has waited longer than usual for its workflow, while fewer than three starts are known to
   * learn it from. Default 30,000.
   */
  readonly usualWaitMs?: number | undefined;
  /** How `trackUpload` uploads a file for which no `put` is given. */
  readonly s3?: ClientS3Options | undefined;
  readonly backoff?: BackoffOptions | undefined;
  /** Default: MQTT over the platform's WebSocket. `@stepcast/web/mqtt-js` and `@stepcast/web/testing` have others. */
  readonly transport?: Transport | undefined;
  /** Default: the browser's page, or an environment where nothing happens. */
  readonly environment?: Environment | undefined;
  readonly runtime?: Runtime | undefined;
  /** For the provisioning call. Default: the global one. */
  readonly fetch?: typeof globalThis.fetch | undefined;
}

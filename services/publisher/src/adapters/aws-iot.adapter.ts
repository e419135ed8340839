import { regionOfIotEndpoint } from '@stepcast/contracts';
import { asError } from '@stepcast/kit';
import { auth, mqtt5, io } from 'aws-iot-device-sdk-v2';
import {
  ConnectFailedError,
  ConnectionLostError,
  KEEP_ALIVE_SECONDS,
  PublishRefusedError,
  SubscribeRefusedError,
  type IncomingMqttMessage,
  type MqttMessage,
  type MqttPublisher,
  type MqttSession,
  SUBSCRIPTION_QOS,
  TRACEPARENT,
} from '../ports/mqtt-publisher.port.ts';

export interface AwsIotOptions {
  /** The data endpoint (`…-ats.iot.region.amazonaws.com`), or a host on loopback. */
  readonly hostName: string;
  /** Default 443. */
  readonly port?: number;
  /** For the signature. Default: taken from the endpoint's name. */
  readonly region?: string | undefined;
  /** False only for brokers on loopback: IoT Core itself takes nothing but TLS. */
  readonly tls: boolean;
  /** Default: the SDK's default chain, which in a container on ECS is the task role. Asked anew for each connection. */
  readonly credentials?: auth.AwsCredentialsProvider;
  readonly keepAliveSeconds?: number;
}

const QOS = { 0: mqtt5.QoS.AtMostOnce, 1: mqtt5.QoS.AtLeastOnce } as const;

const NO_USER_PROPERTIES: mqtt5.UserProperty[] = [];

/**
 * Publishes to AWS IoT Core with the AWS IoT Device SDK: MQTT 5 over WebSocket, each connection presigned with SigV4 for
 * `iotdevicegateway`. The session token is added after signing, as IoT Core wants it.
 *
 * The SDK's own configuration builder is not used: it insists on TLS. What it does besides is done here.
 */
export function createAwsIotPublisher(options: AwsIotOptions): MqttPublisher {
  const provider = options.credentials ?? auth.AwsCredentialsProvider.newDefault();
  const region = options.region ?? regionOfIotEndpoint(options.hostName);

  function sign(request: Parameters<mqtt5.WebsocketHandshakeTransform>[0]): Promise<unknown> {
    return auth.aws_sign_request(request, {
      algorithm: auth.AwsSigningAlgorithm.SigV4,
      signature_type: auth.AwsSignatureType.HttpRequestViaQueryParams,
      provider,
      region: region ?? 'us-east-1',
      service: 'iotdevicegateway',
      signed_body_value: auth.AwsSignedBodyValue.EmptySha256,
      omit_session_token: true,
    });
  }

  return {
    async connect({ clientId, signal }) {
      if (signal.aborted) throw new ConnectFailedError('called off');
      const keepAlive = options.keepAliveSeconds ?? KEEP_ALIVE_SECONDS;
      const client = new mqtt5.Mqtt5Client({
        hostName: options.hostName,
        port: options.port ?? 443,
        connectProperties: { clientId, keepAliveIntervalSeconds: keepAlive },
        sessionBehavior: mqtt5.ClientSessionBehavior.Clean,
        offlineQueueBehavior: mqtt5.ClientOperationQueueBehavior.FailAllOnDisconnect,
        // Never comes to it: the client is stopped as soon as a connection fails or ends. We reconnect, not the SDK.
        minReconnectDelayMs: 60_000,
        maxReconnectDelayMs: 60_000,
        pingTimeoutMs: Math.min(10_000, keepAlive * 500),
        ackTimeoutSeconds: 0,
        // Limits are enforced by the pool, which knows of all that wants to be sent.
        extendedValidationAndFlowControlOptions: mqtt5.ClientExtendedValidationAndFlowControl.None,
        websocketHandshakeTransform: (request, done) => {
          sign(request).then(
            () => {
              done();
            },
            // 3 is the SDK's "unknown error"; its types ask for a number.
            () => {
              done(3);
            },
          );
        },
        ...(options.tls ? { tlsCtx: new io.ClientTlsContext(new io.TlsContextOptions()) } : {}),
      });
      return opened(client, signal);
    },
  };
}

function opened(client: mqtt5.Mqtt5Client, signal: AbortSignal): Promise<MqttSession> {
  const { promise, resolve, reject } = Promise.withResolvers<MqttSession>();
  let settled = false;
  const giveUp = (reason: string, cause: unknown) => {
    if (settled) return;
    settled = true;
    signal.removeEventListener('abort', onAbort);
    discard(client);
    reject(new ConnectFailedError(reason, { cause }));
  };
  const onAbort = () => {
    giveUp(asError(signal.reason).message, signal.reason);
  };
  signal.addEventListener('abort', onAbort, { once: true });
  client.on('error', (error) => {
    giveUp(asError(error).message, error);
  });
  client.on('connectionFailure', ({ error, connack }) => {
    const code = connack === undefined ? '' : ` (CONNACK reason code ${connack.reasonCode})`;
    giveUp(`${asError(error).message}${code}`, error);
  });
  client.on('connectionSuccess', ({ connack, settings }) => {
    if (settled) return;
    settled = true;
    signal.removeEventListener('abort', onAbort);
    resolve(
      new AwsIotSession(client, {
        receiveMaximum: settings.receiveMaximumFromServer,
        maximumPacketBytes: settings.maximumPacketSizeToServer,
        sharedSubscriptions: connack.sharedSubscriptionsAvailable !== false,
      }),
    );
  });
  client.start();
  return promise;
}

/** Stops a client and frees what it holds outside of the JavaScript heap. */
function discard(client: mqtt5.Mqtt5Client, packet?: mqtt5.DisconnectPacket): void {
  client.once('stopped', () => {
    client.close();
  });
  client.stop(packet);
}

class AwsIotSession implements MqttSession {
  readonly traits: MqttSession['traits'];
  readonly closed: Promise<Error>;
  readonly #client: mqtt5.Mqtt5Client;
  readonly #pending = new Set<(error: Error) => void>();
  readonly #end: (reason: string, cause?: unknown) => void;
  #handlers: ((message: IncomingMqttMessage) => void)[] = [];
  #ended: ConnectionLostError | undefined;

  constructor(client: mqtt5.Mqtt5Client, traits: MqttSession['traits']) {
    this.#client = client;
    this.traits = traits;
    const { promise, resolve } = Promise.withResolvers<Error>();
    this.closed = promise;
    this.#end = (reason, cause) => {
      if (this.#ended !== undefined) return;
      this.#ended = new ConnectionLostError(reason, { cause });
      // The end first, then what it took along: who sends again must know already that there is no connection.
      resolve(this.#ended);
      for (const fail of this.#pending) fail(this.#ended);
      this.#pending.clear();
    };
    client.on('disconnection', ({ error, disconnect }) => {
      const code = disconnect === undefined ? '' : ` (DISCONNECT reason code ${disconnect.reasonCode})`;
      const known = this.#ended !== undefined;
      this.#end(`${asError(error).message}${code}`, error);
      if (!known) discard(client);
    });
    client.on('messageReceived', ({ message }) => {
      const payload = bytesOf(message.payload);
      for (const handle of this.#handlers) handle({ topic: message.topicName, payload });
    });
  }

  publish({ topic, payload, retain, contentType, traceparent }: MqttMessage): Promise<void> {
    const { maximumPacketBytes } = this.traits;
    const userProperties =
      traceparent === undefined ? NO_USER_PROPERTIES : [{ name: TRACEPARENT, value: traceparent }];
    const userBytes = traceparent === undefined ? 0 : 5 + TRACEPARENT.length + traceparent.length;
    const bytes = payload.length + Buffer.byteLength(topic) + contentType.length + userBytes + 32;
    if (maximumPacketBytes !== undefined && bytes > maximumPacketBytes)
      return Promise.reject(
        new PublishRefusedError(
          `${bytes} bytes, and the broker takes packets of ${maximumPacketBytes}`,
          0x95,
        ),
      );
    return this.#operation(async () => {
      const puback = await this.#client.publish({
        topicName: topic,
        payload: Buffer.from(payload.buffer, payload.byteOffset, payload.byteLength),
        qos: mqtt5.QoS.AtLeastOnce,
        retain,
        contentType,
        userProperties,
        payloadFormat: mqtt5.PayloadFormatIndicator.Utf8,
      });
      // 0x10, "no matching subscribers", is an acknowledgement.
      const code: number = puback?.reasonCode ?? 0;
      if (code >= 0x80) throw new PublishRefusedError(`reason code ${code}`, code);
    });
  }

  subscribe(filter: string, onMessage: (message: IncomingMqttMessage) => void): Promise<void> {
    this.#handlers.push(onMessage);
    return this.#operation(async () => {
      const suback = await this.#client.subscribe({
        subscriptions: [{ topicFilter: filter, qos: QOS[SUBSCRIPTION_QOS] }],
      });
      const code: number = suback.reasonCodes[0] ?? 0x80;
      if (code < 0x80) return;
      this.#handlers = this.#handlers.filter((handler) => handler !== onMessage);
      throw new SubscribeRefusedError(filter, code);
    });
  }

  async close({ force }: { readonly force: boolean }): Promise<void> {
    if (this.#ended !== undefined) return;
    // The SDK's stop drops what is under way; a polite caller has waited for its PUBACKs before.
    discard(this.#client, force ? undefined : { reasonCode: mqtt5.DisconnectReasonCode.NormalDisconnection });
    this.#end('closed by us');
    await this.closed;
  }

  #operation(run: () => Promise<void>): Promise<void> {
    if (this.#ended !== undefined) return Promise.reject(this.#ended);
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const fail = (error: Error) => {
      if (this.#pending.delete(fail)) reject(error);
    };
    this.#pending.add(fail);
    run().then(
      () => {
        if (this.#pending.delete(fail)) resolve();
      },
      (thrown: unknown) => {
        const refused = thrown instanceof PublishRefusedError || thrown instanceof SubscribeRefusedError;
        const error = asError(thrown);
        fail(refused ? error : new ConnectionLostError(error.message, { cause: thrown }));
      },
    );
    return promise;
  }
}

function bytesOf(payload: mqtt5.Payload | undefined): Uint8Array {
  if (payload === undefined) return new Uint8Array();
  if (typeof payload === 'string') return Buffer.from(payload);
  if (ArrayBuffer.isView(payload))
    return new Uint8Array(payload.buffer, payload.byteOffset, payload.byteLength);
  if (payload instanceof ArrayBuffer) return new Uint8Array(payload);
  return Buffer.from(JSON.stringify(payload));
}

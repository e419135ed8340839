import { asError } from '@stepcast/kit';
import { connect, type IClientOptions, type IConnackPacket, type MqttClient } from 'mqtt';
import {
  ConnectFailedError,
  ConnectionLostError,
  PublishRefusedError,
  SubscribeRefusedError,
  type IncomingMqttMessage,
  type MqttMessage,
  type MqttPublisher,
  type MqttSession,
} from '../ports/mqtt-publisher.port.ts';

export interface MqttJsOptions {
  /** `mqtt:`, `mqtts:`, `ws:` or `wss:`. */
  readonly url: string;
  readonly protocol: '3.1.1' | '5';
  readonly username?: string | undefined;
  readonly password?: string | undefined;
  /** Seconds without traffic after which the client pings; it gives the broker up when no answer comes. Default 30. */
  readonly keepAliveSeconds?: number;
  /** PEM certificates to trust besides the system's. */
  readonly ca?: string | undefined;
}

/** Reason code of an MQTT.js error, where it carries one of the broker. */
function reasonCodeOf(error: Error): number | undefined {
  return 'code' in error && typeof error.code === 'number' ? error.code : undefined;
}

/** Publishes with MQTT.js, to any broker. One client for each session; MQTT.js' own reconnecting and storing stay off. */
export function createMqttJsPublisher(options: MqttJsOptions): MqttPublisher {
  return {
    async connect({ clientId, signal }) {
      if (signal.aborted) throw new ConnectFailedError('called off');
      const settings: IClientOptions = {
        clientId,
        protocolVersion: options.protocol === '5' ? 5 : 4,
        clean: true,
        reconnectPeriod: 0,
        resubscribe: false,
        queueQoSZero: false,
        keepalive: options.keepAliveSeconds ?? 30,
        ...(options.username === undefined ? {} : { username: options.username }),
        ...(options.password === undefined ? {} : { password: options.password }),
        ...(options.ca === undefined ? {} : { ca: options.ca }),
      };
      const client = connect(options.url, settings);
      return opened(client, signal);
    },
  };
}

function opened(client: MqttClient, signal: AbortSignal): Promise<MqttSession> {
  const { promise, resolve, reject } = Promise.withResolvers<MqttSession>();
  let problem: Error | undefined;
  const giveUp = (reason: string, cause: unknown) => {
    signal.removeEventListener('abort', onAbort);
    client.end(true);
    reject(new ConnectFailedError(reason, { cause }));
  };
  const onAbort = () => {
    giveUp(asError(signal.reason).message, signal.reason);
  };
  const onError = (error: Error) => {
    problem = error;
  };
  const onClose = () => {
    giveUp(problem?.message ?? 'closed before CONNACK', problem);
  };
  signal.addEventListener('abort', onAbort, { once: true });
  // Stays for good: an error event without a listener would end the process.
  client.on('error', onError);
  client.once('close', onClose);
  client.once('connect', (connack) => {
    signal.removeEventListener('abort', onAbort);
    client.off('close', onClose);
    resolve(new MqttJsSession(client, connack));
  });
  return promise;
}

class MqttJsSession implements MqttSession {
  readonly traits: MqttSession['traits'];
  readonly closed: Promise<Error>;
  readonly #client: MqttClient;
  /** Rejected one by one when the connection ends. */
  readonly #pending = new Set<(error: Error) => void>();
  #handlers: ((message: IncomingMqttMessage) => void)[] = [];
  #ended: ConnectionLostError | undefined;
  #gathering = false;

  constructor(client: MqttClient, connack: IConnackPacket) {
    this.#client = client;
    const { properties } = connack;
    this.traits = {
      receiveMaximum: properties?.receiveMaximum,
      maximumPacketBytes: properties?.maximumPacketSize,
      sharedSubscriptions:
        client.options.protocolVersion === 5 && properties?.sharedSubscriptionAvailable !== false,
    };
    const { promise, resolve } = Promise.withResolvers<Error>();
    this.closed = promise;
    let reason: Error | undefined;
    client.on('error', (error) => {
      reason ??= error;
    });
    client.on('disconnect', (packet) => {
      reason ??= new Error(`DISCONNECT with reason code ${packet.reasonCode ?? 0}`);
    });
    client.once('close', () => {
      this.#ended = new ConnectionLostError(reason?.message ?? 'closed', { cause: reason });
      // The end first, then what it took along: who sends again must know already that there is no connection.
      resolve(this.#ended);
      for (const fail of this.#pending) fail(this.#ended);
      this.#pending.clear();
      client.end(true);
    });
    client.on('message', (topic, payload) => {
      for (const handle of this.#handlers) handle({ topic, payload });
    });
  }

  publish(message: MqttMessage): Promise<void> {
    const tooLarge = this.#tooLarge(message);
    if (tooLarge !== undefined) return Promise.reject(tooLarge);
    const { topic, payload, retain, contentType } = message;
    this.#gather();
    return this.#operation((settle, fail) => {
      this.#client.publish(
        topic,
        Buffer.from(payload.buffer, payload.byteOffset, payload.byteLength),
        {
          qos: 1,
          retain,
          ...(this.#client.options.protocolVersion === 5
            ? { properties: { contentType, payloadFormatIndicator: true } }
            : {}),
        },
        (error) => {
          if (!error) settle();
          else {
            const code = reasonCodeOf(error);
            if (code !== undefined && code >= 0x80)
              fail(new PublishRefusedError(error.message, code, { cause: error }));
            else fail(new ConnectionLostError(error.message, { cause: error }));
          }
        },
      );
    });
  }

  subscribe(filter: string, onMessage: (message: IncomingMqttMessage) => void): Promise<void> {
    this.#handlers.push(onMessage);
    return this.#operation((settle, fail) => {
      this.#client.subscribe(filter, { qos: 1 }, (error, granted) => {
        // 0x9E and its like come as an error (MQTT 5), 0x80 as a granted QoS of 128 (MQTT 3.1.1).
        const refused = granted?.find(({ qos }) => qos > 2)?.qos;
        if (!error && refused === undefined) {
          settle();
          return;
        }
        this.#handlers = this.#handlers.filter((handler) => handler !== onMessage);
        if (this.#ended !== undefined) fail(this.#ended);
        else
          fail(
            new SubscribeRefusedError(
              filter,
              refused ?? (error ? reasonCodeOf(error) : undefined),
              error ? { cause: error } : undefined,
            ),
          );
      });
    });
  }

  async close({ force }: { readonly force: boolean }): Promise<void> {
    if (this.#ended !== undefined) return;
    this.#client.end(force);
    await this.closed;
  }

  /** What is published within one turn of the event loop goes out in one write: MQTT.js would write at every tick. */
  #gather(): void {
    if (this.#gathering) return;
    this.#gathering = true;
    const { stream } = this.#client;
    stream.cork();
    setImmediate(() => {
      this.#gathering = false;
      stream.uncork();
    });
  }

  /** A packet over the broker's announced maximum would end the connection; it is refused here, in its own name. */
  #tooLarge({ topic, payload, contentType }: MqttMessage): PublishRefusedError | undefined {
    const { maximumPacketBytes } = this.traits;
    if (maximumPacketBytes === undefined) return undefined;
    const bytes = payload.length + Buffer.byteLength(topic) + contentType.length + 32;
    return bytes > maximumPacketBytes
      ? new PublishRefusedError(`${bytes} bytes, and the broker takes packets of ${maximumPacketBytes}`, 0x95)
      : undefined;
  }

  #operation(begin: (settle: () => void, fail: (error: Error) => void) => void): Promise<void> {
    if (this.#ended !== undefined) return Promise.reject(this.#ended);
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const fail = (error: Error) => {
      if (this.#pending.delete(fail)) reject(error);
    };
    this.#pending.add(fail);
    begin(() => {
      if (this.#pending.delete(fail)) resolve();
    }, fail);
    return promise;
  }
}

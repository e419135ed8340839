import { Sha256 } from '@aws-crypto/sha256-js';
import { CLOUDEVENTS_CONTENT_TYPE } from '@stepcast/contracts';
import { asError } from '@stepcast/kit';
import { HttpRequest } from '@smithy/protocol-http';
import { SignatureV4 } from '@smithy/signature-v4';
import { connect, type MqttClient } from 'mqtt';
import { PlaceUnreachableError, RightsMissingError, type OperatorError } from '../errors.ts';
import type { BrokerConnection, OperatorBroker } from '../ports.ts';
import { brokerAnswer, reasonCodeOf, refusedBy } from './broker-answers.ts';

export interface BrokerCredentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string | undefined;
}

export interface MqttBrokerOptions {
  /** `wss://…/mqtt`, or `ws://` on loopback. */
  readonly url: () => Promise<string>;
  readonly address: string;
  readonly region: string;
  readonly credentials: () => Promise<BrokerCredentials>;
  readonly newClientId: () => string;
}

const CONNECT_TIMEOUT_MS = 10_000;
const PUBACK_TIMEOUT_MS = 15_000;
const SIGNATURE_SECONDS = 300;
/** For what operators ask of the broker. */
const RIGHTS = {
  connect: 'iot:Connect',
  publish: 'iot:Publish and iot:RetainPublish for it',
  subscribe: 'iot:Subscribe and iot:Receive',
  any: 'iot:Publish, iot:RetainPublish, iot:Subscribe and iot:Receive',
} as const;
/** From here on the reason of a DISCONNECT is a refusal. */
const FIRST_REFUSAL = 0x80;

/** An address that IoT Core takes for one attempt: the session token is added after signing, which generic presigners do not. */
async function presigned(url: string, region: string, credentials: BrokerCredentials): Promise<string> {
  const { hostname, host, pathname, protocol } = new URL(url);
  const signer = new SignatureV4({
    service: 'iotdevicegateway',
    region,
    sha256: Sha256,
    credentials: { accessKeyId: credentials.accessKeyId, secretAccessKey: credentials.secretAccessKey },
  });
  const signed = await signer.presign(
    new HttpRequest({ method: 'GET', protocol, hostname, path: pathname, headers: { host: hostname } }),
    { expiresIn: SIGNATURE_SECONDS },
  );
  const query = new URLSearchParams(
    Object.entries(signed.query ?? {}).map(([name, value]): [string, string] => [name, String(value)]),
  );
  if (credentials.sessionToken !== undefined) query.append('X-Amz-Security-Token', credentials.sessionToken);
  return `${protocol}//${host}${pathname}?${query.toString()}`;
}

/** The broker with the operator's own credentials: MQTT 5 over a presigned WebSocket. */
export function createMqttBroker(options: MqttBrokerOptions): OperatorBroker {
  const refused = (reason: string, cause: unknown): OperatorError => {
    const code = reasonCodeOf(cause);
    if (code !== undefined)
      return brokerAnswer(code, 'the broker refuses the connection', RIGHTS.connect, cause);
    // An upgrade that is refused has a status of HTTP and no reason code.
    return /\b(401|403)\b/.test(reason)
      ? new RightsMissingError(
          `the broker refuses the connection: ${reason}`,
          [`Operators need ${RIGHTS.connect}; "stepcast permission-set --for operate" prints the document.`],
          { cause },
        )
      : new PlaceUnreachableError(`the broker at ${options.address} cannot be reached: ${reason}`, [], {
          cause,
        });
  };
  return {
    address: options.address,
    async connect() {
      const url = await presigned(await options.url(), options.region, await options.credentials());
      try {
        const client = connect(url, {
          clientId: options.newClientId(),
          protocolVersion: 5,
          clean: true,
          reconnectPeriod: 0,
          connectTimeout: CONNECT_TIMEOUT_MS,
          keepalive: 30,
        });
        await connected(client);
        return connectionOf(client);
      } catch (thrown) {
        throw refused(asError(thrown).message.split('?', 1)[0] ?? '', thrown);
      }
    },
  };
}

/**
 * Resolves when the broker has let the client in.
 * @throws what the broker or the network answered. An upgrade that is refused (HTTP 403) is known to the stream only: the client
 *   does not pass on errors that have no code.
 */
async function connected(client: MqttClient): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<undefined>();
  let reason: Error | undefined;
  client.stream.on('error', (error: Error) => {
    reason ??= error;
  });
  client.once('connect', () => {
    resolve(undefined);
  });
  client.once('error', reject);
  client.once('close', () => {
    reject(reason ?? new Error('the connection ended'));
  });
  try {
    await promise;
  } catch (thrown) {
    client.end(true);
    throw reason ?? thrown;
  }
}

function connectionOf(client: MqttClient): BrokerConnection {
  const { promise: ended, resolve: end } = Promise.withResolvers<OperatorError>();
  const line = 'the broker ended the connection';
  let reason: OperatorError = new PlaceUnreachableError(line);
  client.on('error', (error) => {
    reason = new PlaceUnreachableError(`${line}: ${error.message}`, [], { cause: error });
  });
  client.on('disconnect', ({ reasonCode = 0 }) => {
    reason =
      reasonCode < FIRST_REFUSAL
        ? new PlaceUnreachableError(line)
        : brokerAnswer(reasonCode, line, RIGHTS.any);
  });
  client.on('close', () => {
    end(reason);
  });
  const lost = ended.then((why): never => {
    throw why;
  });
  // It may end when nobody waits.
  lost.catch(() => undefined);

  return {
    ended,
    async publish({ topic, payload, retain }) {
      const sent = client.publishAsync(topic, Buffer.from(payload), {
        qos: 1,
        retain,
        properties: { contentType: CLOUDEVENTS_CONTENT_TYPE, payloadFormatIndicator: true },
      });
      const acknowledged = sent.catch((thrown: unknown): never => {
        throw refusedBy(thrown, { what: `to publish on ${topic}`, rights: RIGHTS.publish });
      });
      await Promise.race([acknowledged, lost, timeLimit(`no acknowledgement from the broker for ${topic}`)]);
    },
    async subscribe(filters, onMessage) {
      client.on('message', (topic, payload) => {
        onMessage(topic, payload.toString());
      });
      const granted = client.subscribeAsync([...filters], { qos: 1 }).catch((thrown: unknown): never => {
        throw refusedBy(thrown, {
          what: `the subscription to ${filters.join(', ')}`,
          rights: RIGHTS.subscribe,
        });
      });
      await Promise.race([granted, lost, timeLimit('no answer from the broker to the subscription')]);
    },
    async close() {
      await client.endAsync(true).catch(() => undefined);
    },
  };
}

function timeLimit(what: string): Promise<never> {
  const { promise, reject } = Promise.withResolvers<never>();
  setTimeout(() => {
    reject(new PlaceUnreachableError(what));
  }, PUBACK_TIMEOUT_MS).unref();
  promise.catch(() => undefined);
  return promise;
}

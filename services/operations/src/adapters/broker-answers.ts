import { ErrorWithReasonCode, ErrorWithSubackPacket } from 'mqtt';
import { asError } from '@stepcast/kit';
import {
  BrokerBusyError,
  BrokerRefusedError,
  PlaceUnreachableError,
  RightsMissingError,
  type OperatorError,
} from '../errors.ts';

/** What the broker was asked for when it said no, and the rights that this takes. */
export interface Asked {
  /** For the line: "the broker refuses …". */
  readonly what: string;
  /** For example `iot:Publish and iot:RetainPublish`. */
  readonly rights: string;
}

/** From here on a reason code of MQTT 5 says no. */
const FIRST_REFUSAL = 0x80;

type Kind = 'rights' | 'busy' | 'form' | 'passing';

/**
 * What each reason code of CONNACK, PUBACK, SUBACK and DISCONNECT says, and what kind of refusal it is. Names: MQTT 5, 2.4. Those that AWS IoT
 * Core gives: "MQTT 5 supported features", reason codes.
 */
const REASONS: ReadonlyMap<number, readonly [name: string, kind: Kind]> = new Map([
  [0x80, ['unspecified error', 'passing']],
  [0x81, ['malformed packet', 'form']],
  [0x82, ['protocol error', 'form']],
  [0x83, ['implementation specific error', 'passing']],
  [0x84, ['unsupported protocol version', 'form']],
  [0x85, ['client identifier not valid', 'form']],
  [0x86, ['bad user name or password', 'rights']],
  [0x87, ['not authorized', 'rights']],
  [0x88, ['server unavailable', 'passing']],
  [0x89, ['server busy', 'busy']],
  [0x8a, ['banned', 'rights']],
  [0x8b, ['server shutting down', 'passing']],
  [0x8c, ['bad authentication method', 'rights']],
  [0x8d, ['keep alive timeout', 'passing']],
  [0x8e, ['session taken over', 'passing']],
  [0x8f, ['topic filter invalid', 'form']],
  [0x90, ['topic name invalid', 'form']],
  [0x91, ['packet identifier in use', 'passing']],
  [0x93, ['receive maximum exceeded', 'busy']],
  [0x94, ['topic alias invalid', 'form']],
  [0x95, ['packet too large', 'form']],
  [0x96, ['message rate too high', 'busy']],
  [0x97, ['quota exceeded', 'busy']],
  [0x98, ['administrative action', 'passing']],
  [0x99, ['payload format invalid', 'form']],
  [0x9a, ['retain not supported', 'form']],
  [0x9b, ['QoS not supported', 'form']],
  [0x9c, ['use another server', 'passing']],
  [0x9d, ['server moved', 'passing']],
  [0x9e, ['shared subscriptions not supported', 'form']],
  [0x9f, ['connection rate exceeded', 'busy']],
  [0xa0, ['maximum connect time', 'passing']],
  [0xa1, ['subscription identifiers not supported', 'form']],
  [0xa2, ['wildcard subscriptions not supported', 'form']],
]);

/**
 * The error for a reason code of 0x80 or more: a right only where the code is about rights, else what the code is about, and what to do.
 * @param line the first line without the reason
 */
export function brokerAnswer(code: number, line: string, rights: string, cause?: unknown): OperatorError {
  const [name, kind] = REASONS.get(code) ?? ['unknown to this version', 'passing'];
  const message = `${line}: ${name} (reason code 0x${code.toString(16)})`;
  const options = cause === undefined ? undefined : { cause };
  switch (kind) {
    case 'rights':
      return new RightsMissingError(
        message,
        [`Operators need ${rights}; "stepcast permission-set --for operate" prints the document.`],
        options,
      );
    case 'busy':
      return new BrokerBusyError(
        message,
        [
          'No right is missing: too much is asked of the broker at the moment. Wait a little, then go on with fewer messages per second (replay: --rate).',
          'AWS IoT Core takes 100 messages per second on a connection, retains 1 per second on a topic, and has limits for the whole account (Service Quotas, "AWS IoT Core").',
        ],
        options,
      );
    case 'form':
      return new BrokerRefusedError(
        message,
        [
          'No right is missing, and trying again does not help: the broker does not take this form. Is it the one of this deployment (--broker), and --topic-namespace the one of its topics?',
        ],
        options,
      );
    case 'passing':
      return new PlaceUnreachableError(
        message,
        [
          'No right is missing: this often passes by itself, so try again. If it stays, the log of AWS IoT Core (AWSIotLogsV2) says why.',
        ],
        options,
      );
  }
}

/** The reason code in an error of the MQTT client; undefined: the broker gave none. */
export function reasonCodeOf(thrown: unknown): number | undefined {
  if (thrown instanceof ErrorWithReasonCode) return thrown.code;
  if (!(thrown instanceof ErrorWithSubackPacket)) return undefined;
  return thrown.packet.granted
    .flatMap((granted) => (typeof granted === 'number' ? [granted] : []))
    .find((code) => code >= FIRST_REFUSAL);
}

/** What the MQTT client rejected with when the broker was asked for something, as an error for operators. */
export function refusedBy(thrown: unknown, { what, rights }: Asked): OperatorError {
  const code = reasonCodeOf(thrown);
  if (code !== undefined) return brokerAnswer(code, `the broker refuses ${what}`, rights, thrown);
  return new PlaceUnreachableError(`the broker did not answer to ${what}: ${asError(thrown).message}`, [], {
    cause: thrown,
  });
}

import type { IncomingMessage } from 'node:http';
import {
  AwsError,
  EMPTY_SHA256,
  parseQuery,
  requireAllowed,
  verifySigV4,
  type Authorizer,
  type CredentialStore,
} from '../core/index.ts';
import { ChannelArn, contextOf, type Channel, type Channels } from './channels.ts';
import { channelNotFound, invalidArgument, parseInput } from './errors.ts';
import { ClientId } from './relay.ts';

const DOORS = ['master', 'viewer'] as const;

/** A WebSocket upgrade that may go ahead. */
export interface VerifiedConnect {
  readonly channel: Channel;
  /** Undefined for a master. */
  readonly clientId: string | undefined;
  /** When the credentials end that signed it, in milliseconds since the epoch; Infinity for lasting ones. */
  readonly expiresAtMs: number;
}

/**
 * Decides on a connection by its presigned URL alone: service `kinesisvideo`, the channel's ARN and the client ID under
 * the signature, and the session token too, unlike at IoT Core. Which role it is follows from the door.
 * @throws AwsError `AccessDenied` (403), `InvalidArgumentException` (400), `ResourceNotFoundException` (404)
 */
export function verifyConnect(
  request: Pick<IncomingMessage, 'method' | 'url' | 'headers'>,
  channels: Channels,
  options: {
    readonly region: string;
    readonly path: string;
    readonly credentials: CredentialStore;
    readonly authorizer: Authorizer;
    readonly now: () => number;
  },
): VerifiedConnect {
  const [path = '/', ...rest] = (request.url ?? '/').split('?');
  const query = rest.join('?');
  const door = DOORS.find((one) => path === `${options.path}/${one}`);
  if (door === undefined)
    throw new AwsError('UnknownOperationException', 404, 'Ask GetSignalingChannelEndpoint where to connect.');
  const result = verifySigV4(
    {
      method: request.method ?? 'GET',
      path,
      query,
      // A browser cannot set headers on a WebSocket: `host` is all that is signed.
      headers: { host: request.headers.host ?? '' },
      bodyHash: EMPTY_SHA256,
    },
    {
      service: 'kinesisvideo',
      region: options.region,
      pathEscaping: 'twice',
      sessionToken: 'signed',
      hostPort: 'required',
      nowMs: options.now(),
    },
    (accessKeyId) => options.credentials.find(accessKeyId),
  );
  if (!result.ok) throw new AwsError('AccessDenied', 403, result.message);

  const arn = parseInput(ChannelArn, only(query, 'X-Amz-ChannelARN'));
  const given = only(query, 'X-Amz-ClientId');
  if (door === 'master' && given !== undefined)
    throw invalidArgument('A master connects without X-Amz-ClientId.');
  const clientId = door === 'master' ? undefined : parseInput(ClientId, given);

  const { principal, expiresAtMs } = result.credential;
  const channel = channels.byArn(arn);
  const action = door === 'master' ? 'kinesisvideo:ConnectAsMaster' : 'kinesisvideo:ConnectAsViewer';
  requireAllowed(
    options.authorizer,
    { principal, action, resource: arn, context: contextOf(channel) },
    options.region,
  );
  if (channel === undefined) throw channelNotFound(arn);
  return { channel, clientId, expiresAtMs: expiresAtMs ?? Infinity };
}

/** @throws AwsError `InvalidArgumentException` when a parameter is there twice: which of them was meant? */
function only(query: string, wanted: string): string | undefined {
  const values = parseQuery(query).flatMap(([name, value]) => (name === wanted ? [value] : []));
  if (values.length > 1) throw invalidArgument(`${wanted} is given more than once.`);
  return values[0];
}

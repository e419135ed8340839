import type { Readable } from 'node:stream';
import type { CallContext } from './service.ts';

/** A request to an emulated service, after the front has taken its prefix off and proven who sent it. */
export interface ServiceRequest {
  readonly method: string;
  /** As sent, percent-encoded, inside the service: begins with `/`. */
  readonly path: string;
  /** Decoded, in the order sent, without the parameters of the signature. */
  readonly query: readonly (readonly [name: string, value: string])[];
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  /** The whole body where the service asked for it (`bufferBody`), else empty. */
  readonly body: Buffer;
  /** The body as it arrives where the service streams; errors when the client goes away or the signed hash differs. */
  readonly stream: Readable;
  readonly remoteAddress: string;
  /** Aborted when the client has gone before it was answered. */
  readonly gone: AbortSignal;
  /** `http://host:port/prefix` by which the client reached the service, without a slash at the end. */
  readonly baseUrl: string;
}

export interface ServiceReply {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | Buffer | Readable | undefined;
}

/** How a service words its refusals on the wire. */
export type ErrorWire = 'json-1.0' | 'json-1.1' | 'rest-json' | 's3-xml';

/** An emulated service on plain HTTP: S3, SQS, DynamoDB, and what the JSON and REST wires of the front are made into. */
export interface HttpService {
  readonly name: string;
  /** As in the credential scope of SigV4. */
  readonly signingName: string;
  readonly pathEscaping: 'once' | 'twice';
  readonly errorWire: ErrorWire;
  /** Bodies over this many bytes are refused; streaming services limit themselves. */
  readonly bufferBody: { readonly maxBytes: number } | false;
  /** Whether a request is taken without a signature. A signature that is there is checked all the same. */
  isPublic(request: Pick<ServiceRequest, 'method' | 'path' | 'headers'>): boolean;
  /** Throws `AwsError` for what the caller is to know; anything else becomes an internal error. */
  handle(request: ServiceRequest, call: CallContext): Promise<ServiceReply>;
}

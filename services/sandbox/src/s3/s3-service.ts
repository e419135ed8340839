import {
  type CallContext,
  type HttpService,
  notImplemented,
  type ServiceReply,
  type ServiceRequest,
} from '../core/index.ts';
import { BlobStore } from './blobs.ts';
import {
  bucketArn,
  type ObjectCreated,
  onlyQuery,
  type S3Call,
  type S3Context,
  type S3Limits,
  xmlReply,
} from './context.ts';
import { s3Error } from './errors.ts';
import type { S3Keepers } from './stored-objects.ts';
import { copyPart } from './copy-part.ts';
import { deleteObjects } from './delete-objects.ts';
import { listObjectsV1, listObjectsV2, listVersions } from './list.ts';
import { completeUpload } from './complete-upload.ts';
import { abortUpload, createUpload, listParts, uploadPart } from './multipart.ts';
import { refuseUnsupportedHeaders } from './object-headers.ts';
import { copyObject, deleteObject, getObject, putObject } from './objects.ts';
import { S3Store } from './store.ts';
import { deleteTagging, getTagging, putTagging } from './tagging.ts';
import { xmlDocument, type XmlNode } from './xml.ts';

const MAX_KEY_BYTES = 1024;
const DEFAULT_LIMITS: S3Limits = { maxObjectBytes: 5 * 1024 ** 3, minPartBytes: 5 * 1024 ** 2 };

export interface S3ServiceOptions {
  readonly accountId: string;
  readonly region: string;
  /** A directory for the content of objects, which the caller makes: an empty one, or that of the keepers. */
  readonly directory: string;
  /** Where buckets and objects are stored across restarts. Default: nowhere. */
  readonly keepers?: S3Keepers | undefined;
  /** Milliseconds since the epoch. */
  readonly nowMs: () => number;
  /** A new UUID each time. */
  readonly newId: () => string;
  /** Called once for each stored object, before the uploader is answered. Must not throw. */
  readonly onObjectCreated: (event: ObjectCreated) => void;
  /** Default: AWS's 5 GiB for one request and 5 MiB for a part. */
  readonly limits?: S3Limits;
}

export interface S3Service {
  readonly service: HttpService;
  /** Makes a bucket at start, without a request, unless it was stored. @throws AwsError `InvalidBucketName` */
  createBucket(name: string): void;
}

function addressOf(path: string): { readonly bucketName: string; readonly key: string } {
  const rest = path.slice(1);
  const at = rest.indexOf('/');
  try {
    const bucketName = decodeURIComponent(at < 0 ? rest : rest.slice(0, at));
    const key = at < 0 ? '' : decodeURIComponent(rest.slice(at + 1));
    if (Buffer.byteLength(key) > MAX_KEY_BYTES) throw s3Error('KeyTooLongError');
    return { bucketName, key };
  } catch (error) {
    if (error instanceof URIError) throw s3Error('InvalidURI');
    throw error;
  }
}

function listBuckets(context: S3Context, s3: S3Call): ServiceReply {
  onlyQuery(s3);
  if (s3.request.method !== 'GET') throw notImplemented(`S3 ${s3.request.method} on the service`);
  s3.call.authorize('s3:ListAllMyBuckets', bucketArn(context, '*'));
  const owner: readonly XmlNode[] = [['ID', context.accountId]];
  const buckets = context.store.buckets().map(({ name, createdAtMs }): XmlNode => [
    'Bucket',
    [
      ['Name', name],
      ['CreationDate', new Date(createdAtMs).toISOString()],
    ],
  ]);
  return xmlReply(
    xmlDocument('ListAllMyBucketsResult', [
      ['Owner', owner],
      ['Buckets', buckets],
    ]),
  );
}

/** The condition keys of a listing. A parameter that was not sent has no key, so `StringNotLike` on it is true. */
function listContext(query: ReadonlyMap<string, string>): Record<string, string> {
  const found: Record<string, string> = {};
  for (const name of ['prefix', 'delimiter', 'max-keys']) {
    const value = query.get(name);
    if (value !== undefined) found[`s3:${name}`] = value;
  }
  return found;
}

const LISTING = ['prefix', 'delimiter', 'max-keys', 'encoding-type'] as const;
const V1_PARAMETERS: ReadonlySet<string> = new Set([...LISTING, 'marker', 'x-id']);

async function onBucket(context: S3Context, s3: S3Call): Promise<ServiceReply> {
  const { request, call, query, bucketName } = s3;
  const arn = bucketArn(context, bucketName);
  if (request.method === 'PUT') {
    onlyQuery(s3);
    call.authorize('s3:CreateBucket', arn);
    refuseUnsupportedHeaders(request.headers, context.accountId);
    context.store.createBucket(bucketName);
    return { status: 200, headers: { location: `/${bucketName}` }, body: undefined };
  }
  if (request.method === 'HEAD') {
    onlyQuery(s3);
    call.authorize('s3:ListBucket', arn);
    context.store.bucket(bucketName);
    return { status: 200, headers: { 'x-amz-bucket-region': context.region }, body: undefined };
  }
  if (request.method === 'GET' && query.has('location')) {
    onlyQuery(s3, 'location');
    call.authorize('s3:GetBucketLocation', arn);
    context.store.bucket(bucketName);
    // an empty constraint means us-east-1.
    const constraint = context.region === 'us-east-1' ? '' : context.region;
    return xmlReply(
      xmlDocument('LocationConstraint', []).replace(
        '></LocationConstraint>',
        `>${constraint}</LocationConstraint>`,
      ),
    );
  }
  if (request.method === 'GET' && query.get('list-type') === '2') {
    onlyQuery(s3, ...LISTING, 'list-type', 'continuation-token', 'start-after', 'fetch-owner');
    call.authorize('s3:ListBucket', arn, listContext(query));
    return xmlReply(listObjectsV2(context.store.bucket(bucketName), query, context.accountId));
  }
  if (request.method === 'GET' && query.has('versions')) {
    onlyQuery(s3, ...LISTING, 'versions', 'key-marker', 'version-id-marker');
    call.authorize('s3:ListBucketVersions', arn, listContext(query));
    return xmlReply(listVersions(context.store.bucket(bucketName), query, context.accountId));
  }
  if (request.method === 'POST' && query.has('delete')) return deleteObjects(context, s3);
  // The first version of the listing has no parameter of its own; a sub-resource is none of its parameters.
  const isListing = [...query.keys()].every((name) => V1_PARAMETERS.has(name));
  if (request.method === 'GET' && isListing) {
    call.authorize('s3:ListBucket', arn, listContext(query));
    return xmlReply(listObjectsV1(context.store.bucket(bucketName), query, context.accountId));
  }
  const asked = [...query.keys()].filter((name) => name !== 'x-id').map((name) => `?${name}`);
  throw notImplemented(`S3 ${request.method} on a bucket ${asked.join(' ')}`.trim());
}

async function onTagging(context: S3Context, s3: S3Call): Promise<ServiceReply> {
  switch (s3.request.method) {
    case 'GET':
      return getTagging(context, s3);
    case 'PUT':
      return putTagging(context, s3);
    case 'DELETE':
      return deleteTagging(context, s3);
    default:
      throw notImplemented(`S3 ${s3.request.method} with ?tagging`);
  }
}

async function onObject(context: S3Context, s3: S3Call): Promise<ServiceReply> {
  const { request, query } = s3;
  if (query.has('tagging')) return onTagging(context, s3);
  switch (request.method) {
    case 'GET':
      return query.has('uploadId') ? listParts(context, s3) : getObject(context, s3);
    case 'HEAD':
      return getObject(context, s3);
    case 'PUT': {
      const source = request.headers['x-amz-copy-source'];
      if (query.has('uploadId') || query.has('partNumber'))
        return source === undefined ? uploadPart(context, s3) : copyPart(context, s3, source);
      return source === undefined ? putObject(context, s3) : copyObject(context, s3, source);
    }
    case 'POST':
      if (query.has('uploads')) return createUpload(context, s3);
      if (query.has('uploadId')) return completeUpload(context, s3);
      throw notImplemented(`S3 POST on an object ?${[...query.keys()].join('&')}`);
    case 'DELETE':
      return query.has('uploadId') ? abortUpload(context, s3) : deleteObject(context, s3);
    default:
      throw notImplemented(`S3 ${request.method} on an object`);
  }
}

/**
 * Presigners move `x-amz-*` headers into the query; S3 takes them there as if they were headers.
 *
 * Except checksums: the JavaScript SDK presigns a `PutObject` with the CRC32 of a body that it does not have yet
 * (`x-amz-checksum-crc32=AAAAAA==`), and S3 reads over it (aws/aws-sdk-js-v3#4448, aws/aws-sdk-go-v2#2610).
 */
function withHoistedHeaders(request: ServiceRequest): ServiceRequest {
  const hoisted = request.query
    .map(([name, value]) => [name.toLowerCase(), value] as const)
    .filter(([name]) => name.startsWith('x-amz-'))
    .filter(([name]) => !/^x-amz-(sdk-)?checksum-(?!mode$)/.test(name));
  return {
    ...request,
    headers: { ...Object.fromEntries(hoisted), ...request.headers },
    query: request.query.filter(([name]) => !name.toLowerCase().startsWith('x-amz-')),
  };
}

async function route(context: S3Context, sent: ServiceRequest, call: CallContext): Promise<ServiceReply> {
  const request = withHoistedHeaders(sent);
  const s3: S3Call = { request, call, query: new Map(request.query), ...addressOf(request.path) };
  if (s3.bucketName === '') return listBuckets(context, s3);
  return s3.key === '' ? onBucket(context, s3) : onObject(context, s3);
}

/**
 * S3 for browsers and SDKs, path style: buckets, objects, multipart uploads, presigned URLs, checksums, conditions, tags.
 *
 * There is one version of each object. Not there, and answered `NotImplemented`: older versions, ACLs, policies by API,
 * POST forms, KMS and customer keys.
 */
export function createS3Service(options: S3ServiceOptions): S3Service {
  const context: S3Context = {
    store: new S3Store(new BlobStore(options.directory), options.nowMs, options.keepers),
    accountId: options.accountId,
    region: options.region,
    limits: options.limits ?? DEFAULT_LIMITS,
    newId: options.newId,
    nowMs: options.nowMs,
    onObjectCreated: options.onObjectCreated,
  };
  return {
    service: {
      name: 'S3',
      signingName: 's3',
      pathEscaping: 'once',
      errorWire: 's3-xml',
      bufferBody: false,
      isPublic: () => false,
      handle: (request, call) => route(context, request, call),
    },
    createBucket: (name) => {
      if (context.store.buckets().every((bucket) => bucket.name !== name)) context.store.createBucket(name);
    },
  };
}

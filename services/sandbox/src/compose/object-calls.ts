import {
  CopyObjectCommand,
  CreateBucketCommand,
  DeleteObjectCommand,
  DeleteObjectsCommand,
  DeleteObjectTaggingCommand,
  GetObjectCommand,
  GetObjectTaggingCommand,
  HeadObjectCommand,
  ListBucketsCommand,
  ListObjectsCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  PutObjectTaggingCommand,
  S3ServiceException,
  type S3Client,
} from '@aws-sdk/client-s3';
import {
  isJsonObject,
  jsonOfValue,
  ServiceError,
  type Json,
  type ListedObject,
  type ObjectsPort,
} from '@stepcast/asl-interpreter';
import { parseValue } from '@stepcast/contracts';
import * as z from 'zod';

const Place = z.looseObject({ Bucket: z.string(), Key: z.string() });
const Put = Place.extend({ Body: z.json().optional(), ContentType: z.string().optional() });
const Listing = z.looseObject({ Bucket: z.string(), Prefix: z.string().optional() });
const Named = z.looseObject({ Bucket: z.string() });
const Deletion = Named.extend({
  Delete: z.looseObject({ Objects: z.array(z.looseObject({ Key: z.string() })) }),
});
const Tagging = Place.extend({
  Tagging: z.looseObject({ TagSet: z.array(z.object({ Key: z.string(), Value: z.string() })) }),
});
const Copy = Place.extend({ CopySource: z.string() });

/** The actions of S3 that a task reaches here; of others there is a stand-in. */
export const objectActions: readonly string[] = [
  'getObject',
  'putObject',
  'headObject',
  'deleteObject',
  'copyObject',
  'listObjectsV2',
  'listObjects',
  'listBuckets',
  'createBucket',
  'deleteObjects',
  'getObjectTagging',
  'putObjectTagging',
  'deleteObjectTagging',
];

/** Calls S3 as a task does: bodies are texts. @throws ServiceError */
export async function callObjects(client: S3Client, action: string, parameters: Json): Promise<Json> {
  return failing(async () => {
    switch (action) {
      case 'getObject': {
        const answer = await client.send(new GetObjectCommand(read(Place, parameters)));
        return bare({ ...answer, Body: (await answer.Body?.transformToString()) ?? '' });
      }
      case 'putObject': {
        const { Body, ...rest } = read(Put, parameters);
        const text = typeof Body === 'string' ? Body : JSON.stringify(Body ?? '');
        return bare(await client.send(new PutObjectCommand({ ...rest, Body: text })));
      }
      case 'headObject':
        return head(client, read(Place, parameters));
      case 'listObjects':
        return bare(await client.send(new ListObjectsCommand(read(Listing, parameters))));
      case 'listBuckets':
        return bare(await client.send(new ListBucketsCommand({})));
      case 'createBucket':
        return bare(await client.send(new CreateBucketCommand(read(Named, parameters))));
      case 'deleteObjects':
        return bare(await client.send(new DeleteObjectsCommand(read(Deletion, parameters))));
      case 'getObjectTagging':
        return bare(await client.send(new GetObjectTaggingCommand(read(Place, parameters))));
      case 'putObjectTagging':
        return bare(await client.send(new PutObjectTaggingCommand(read(Tagging, parameters))));
      case 'deleteObjectTagging':
        return bare(await client.send(new DeleteObjectTaggingCommand(read(Place, parameters))));
      case 'deleteObject':
        return bare(await client.send(new DeleteObjectCommand(read(Place, parameters))));
      case 'copyObject':
        return bare(await client.send(new CopyObjectCommand(read(Copy, parameters))));
      default:
        return bare(await client.send(new ListObjectsV2Command(read(Listing, parameters))));
    }
  });
}

/** S3 says no more than 404 to HEAD: whether it is the bucket that is missing, a listing says. */
async function head(client: S3Client, place: z.output<typeof Place>): Promise<Json> {
  try {
    return bare(await client.send(new HeadObjectCommand(place)));
  } catch (error) {
    if (!(error instanceof S3ServiceException) || error.name !== 'NotFound') throw error;
    await client.send(new ListObjectsV2Command({ Bucket: place.Bucket, Prefix: place.Key, MaxKeys: 1 }));
    throw new ServiceError('S3.NoSuchKeyException', 'The specified key does not exist.');
  }
}

/** What item readers and result writers of distributed Maps reach. */
export function objectsPort(client: () => S3Client): ObjectsPort {
  return {
    standIns: true,
    read: (bucket, key, maxBytes) =>
      failing(async () => {
        const answer = await client().send(new GetObjectCommand({ Bucket: bucket, Key: key }));
        if ((answer.ContentLength ?? 0) > maxBytes)
          throw new ServiceError('S3.EntityTooLarge', `${key} has more than ${maxBytes} bytes`);
        return Buffer.from((await answer.Body?.transformToByteArray()) ?? []);
      }),
    write: (bucket, key, body) =>
      failing(async () => {
        await client().send(
          new PutObjectCommand({ Bucket: bucket, Key: key, Body: body, ContentType: 'application/json' }),
        );
      }),
    list: (bucket, prefix, maxObjects) => failing(() => listAll(client(), bucket, prefix, maxObjects)),
  };
}

async function listAll(
  client: S3Client,
  bucket: string,
  prefix: string,
  maxObjects: number,
): Promise<readonly ListedObject[]> {
  const listed: ListedObject[] = [];
  let token: string | undefined;
  do {
    const page = await client.send(
      new ListObjectsV2Command({ Bucket: bucket, Prefix: prefix, ContinuationToken: token }),
    );
    for (const one of page.Contents ?? [])
      listed.push({
        key: one.Key ?? '',
        size: one.Size ?? 0,
        etag: one.ETag ?? '',
        lastModifiedMs: one.LastModified?.getTime() ?? 0,
      });
    token = page.NextContinuationToken;
  } while (token !== undefined && listed.length < maxObjects);
  return listed;
}

function read<S extends z.ZodType>(schema: S, parameters: Json): z.output<S> {
  const parsed = parseValue(schema, parameters);
  if (parsed.ok) return parsed.value;
  throw new ServiceError(
    'S3.S3Exception',
    parsed.issues.map(({ path, problem }) => `${path}: ${problem}`).join('; '),
  );
}

/** An answer without what only the SDK adds. */
function bare(answer: object): Json {
  const json = jsonOfValue(answer) ?? {};
  if (!isJsonObject(json)) return {};
  const { $metadata: _metadata, ...rest } = json;
  return rest;
}

async function failing<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof S3ServiceException)
      throw new ServiceError(
        `S3.${error.name}${error.name.endsWith('Exception') ? '' : 'Exception'}`,
        error.message,
      );
    throw error;
  }
}

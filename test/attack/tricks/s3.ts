import { Sha256 } from '@aws-crypto/sha256-js';
import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  CopyObjectCommand,
  CreateMultipartUploadCommand,
  DeleteObjectCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListObjectsCommand,
  ListObjectsV2Command,
  ListPartsCommand,
  PutObjectCommand,
  UploadPartCommand,
} from '@aws-sdk/client-s3';
import { getSignedUrl } from '@aws-sdk/s3-request-presigner';
import { HttpRequest } from '@smithy/protocol-http';
import { SignatureV4 } from '@smithy/signature-v4';
import type { Outcome } from '../judge.ts';
import { MARK, type Attack } from '../world.ts';
import { outcomeOf, type Trick } from './trick.ts';

/** Signs a path as it stands, which no SDK would send: dots, double slashes, doubled escapes. */
async function raw(
  attack: Attack,
  method: string,
  path: string,
  headers: Record<string, string> = {},
): Promise<Response> {
  const { endpoints, region } = attack.sandbox.info;
  const { origin, pathname, host } = new URL(endpoints.s3);
  const signer = new SignatureV4({
    service: 's3',
    region,
    sha256: Sha256,
    credentials: attack.attacker.keys,
    uriEscapePath: false,
  });
  const body = method === 'PUT' ? MARK : undefined;
  const signed = await signer.sign(
    new HttpRequest({
      method,
      hostname: host,
      path: `${pathname}${path}`,
      headers: { host, 'x-amz-content-sha256': 'UNSIGNED-PAYLOAD', ...headers },
      ...(body === undefined ? {} : { body }),
    }),
  );
  return fetch(`${origin}${pathname}${path}`, {
    method,
    headers: signed.headers,
    ...(body === undefined ? {} : { body }),
  });
}

/** Ways to write the key of the victim so that it may look like the attacker's. */
function crookedPath({ victim, attacker, sandbox, dice }: Attack): string {
  const bucket = sandbox.info.bucket;
  const tail = victim.key.slice('users/'.length);
  const escaped = (text: string) => encodeURIComponent(text);
  return dice.pick([
    `/${bucket}/users/${tail}`,
    `/${bucket}/${escaped(`users/${tail}`)}`,
    `/${bucket}/${attacker.prefix}../${tail}`,
    `/${bucket}/${attacker.prefix}%2e%2e/${tail}`,
    `/${bucket}/${attacker.prefix}..%2f${tail}`,
    `/${bucket}//users/${tail}`,
    `/${bucket}/./users/${tail}`,
    `/${bucket}/users//${tail}`,
    `/${bucket}/${attacker.prefix}%00/../../${tail}`,
    `/${bucket}/%75sers/${tail}`,
    `/${bucket}/${attacker.prefix}?prefix=${escaped(victim.prefix)}&list-type=2`,
    `/${bucket}?list-type=2&prefix=${escaped(victim.prefix)}`,
    `/${bucket}?list-type=2&prefix=${escaped(attacker.prefix)}&prefix=${escaped(victim.prefix)}`,
    `/${bucket}/?list-type=2&prefix=${escaped(`${attacker.prefix}../`)}`,
  ]);
}

/** What an answer of 200 means: reading the victim's secret is a breach; an own object under a crooked key is not. */
async function judged(attack: Attack, what: string, response: Response): Promise<Outcome> {
  const text = await response.text();
  if (response.ok) return attack.judge.checkAnswer(what, text);
  return 'refused';
}

type Call = (attack: Attack) => Promise<unknown>;

const sdkCalls: readonly [Call, ...Call[]] = [
  ({ attacker, victim, sandbox }) =>
    attacker.s3.send(new GetObjectCommand({ Bucket: sandbox.info.bucket, Key: victim.key })),
  ({ attacker, victim, sandbox }) =>
    attacker.s3.send(new HeadObjectCommand({ Bucket: sandbox.info.bucket, Key: victim.key })),
  ({ attacker, victim, sandbox }) =>
    attacker.s3.send(new PutObjectCommand({ Bucket: sandbox.info.bucket, Key: victim.key, Body: MARK })),
  ({ attacker, victim, sandbox }) =>
    attacker.s3.send(new DeleteObjectCommand({ Bucket: sandbox.info.bucket, Key: victim.key })),
  ({ attacker, victim, sandbox }) =>
    attacker.s3.send(new ListObjectsV2Command({ Bucket: sandbox.info.bucket, Prefix: victim.prefix })),
  ({ attacker, victim, sandbox }) =>
    attacker.s3.send(new ListObjectsCommand({ Bucket: sandbox.info.bucket, Prefix: victim.prefix })),
  ({ attacker, sandbox }) => attacker.s3.send(new ListObjectsV2Command({ Bucket: sandbox.info.bucket })),
  ({ attacker, victim, sandbox: { info } }) =>
    attacker.s3.send(
      new CopyObjectCommand({
        Bucket: info.bucket,
        Key: `${attacker.prefix}stolen`,
        CopySource: `${info.bucket}/${encodeURIComponent(victim.key)}`,
      }),
    ),
  ({ attacker, victim, sandbox: { info } }) =>
    attacker.s3.send(new CreateMultipartUploadCommand({ Bucket: info.bucket, Key: victim.key })),
];

/** The victim's open upload, under the victim's key or under an own one. */
function multipartCalls({ attacker, victim, sandbox, dice }: Attack): Promise<unknown> {
  const Bucket = sandbox.info.bucket;
  const UploadId = victim.openUploadId;
  const Key = dice.pick([`${victim.prefix}${victim.secret}-open.bin`, `${attacker.prefix}${MARK}`]);
  const upload = { Bucket, Key, UploadId };
  return dice.pick<() => Promise<unknown>>([
    () => attacker.s3.send(new UploadPartCommand({ ...upload, PartNumber: 1 + dice.int(3), Body: MARK })),
    () => attacker.s3.send(new ListPartsCommand(upload)),
    () => attacker.s3.send(new AbortMultipartUploadCommand(upload)),
    () =>
      attacker.s3.send(
        new CompleteMultipartUploadCommand({
          ...upload,
          MultipartUpload: { Parts: [{ PartNumber: 1, ETag: 'x' }] },
        }),
      ),
  ])();
}

/** A URL that the attacker may sign, changed so that it would reach the victim's object. */
async function presignedGame(attack: Attack): Promise<Response> {
  const { attacker, victim, sandbox, dice } = attack;
  const Bucket = sandbox.info.bucket;
  const own = new URL(
    await getSignedUrl(attacker.s3, new GetObjectCommand({ Bucket, Key: `${attacker.prefix}own` }), {
      expiresIn: 60,
    }),
  );
  const foreign = new URL(
    await getSignedUrl(attacker.s3, new GetObjectCommand({ Bucket, Key: victim.key }), { expiresIn: 60 }),
  );
  const victimsPath = foreign.pathname;
  return dice.pick<() => Promise<Response>>([
    () => fetch(foreign),
    () => fetch(new URL(`${victimsPath}${own.search}`, own)),
    () => fetch(foreign, { method: 'PUT', body: MARK }),
    () => fetch(foreign, { method: 'DELETE' }),
    () => fetch(own, { headers: { 'x-amz-copy-source': `/${Bucket}/${victim.key}` } }),
    () => fetch(new URL(`${own.href}&x-amz-copy-source=${encodeURIComponent(`/${Bucket}/${victim.key}`)}`)),
    () => fetch(new URL(`${victimsPath}?response-content-type=text/html`, own)),
    () =>
      fetch(new URL(`${victimsPath}${own.search.replace('X-Amz-Expires=60', 'X-Amz-Expires=6000')}`, own)),
  ])();
}

export const s3Tricks: readonly Trick[] = [
  {
    name: 'read, write, list or copy objects of others',
    attempt: (attack) => outcomeOf(attack.dice.pick(sdkCalls)(attack), 'breach'),
  },
  {
    name: 'crooked paths to objects of others',
    async attempt(attack) {
      const method = attack.dice.pick(['GET', 'HEAD', 'PUT', 'DELETE']);
      const path = crookedPath(attack);
      return judged(attack, `${method} ${path}`, await raw(attack, method, path));
    },
  },
  {
    name: 'the multipart upload of others',
    attempt: (attack) => outcomeOf(multipartCalls(attack), 'breach'),
  },
  {
    name: 'games with presigned URLs of S3',
    attempt: async (attack) => judged(attack, 'presigned', await presignedGame(attack)),
  },
];

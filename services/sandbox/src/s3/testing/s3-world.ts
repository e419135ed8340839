import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { GetObjectCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { Sha256 } from '@aws-crypto/sha256-js';
import { expect } from 'vitest';
import { HttpRequest } from '@smithy/protocol-http';
import { SignatureV4 } from '@smithy/signature-v4';
import { ACCOUNT, REGION, startEndpoints, type Endpoints } from '../../testing/endpoint-harness.ts';
import { createS3Service, type ObjectCreated } from '../index.ts';

export const bucket = 'stepcast-uploads';

/** The service behind a front on loopback, with one bucket, and a client of the SDK with root's keys. */
export async function openS3World() {
  const directory = await mkdtemp(join(tmpdir(), 'stepcast-s3-'));
  /** What was announced since the last reset. */
  const created: ObjectCreated[] = [];
  const service = createS3Service({
    accountId: ACCOUNT,
    region: REGION,
    directory,
    nowMs: Date.now,
    newId: randomUUID,
    onObjectCreated: (event) => created.push(event),
  });
  service.createBucket(bucket);
  const endpoints: Endpoints = await startEndpoints([
    { prefix: '/aws/s3', cors: true, service: { kind: 'http', service: service.service } },
  ]);
  const client = (keys: { accessKeyId: string; secretAccessKey: string; sessionToken?: string }) =>
    new S3Client({
      endpoint: `${endpoints.origin}/aws/s3`,
      region: REGION,
      forcePathStyle: true,
      credentials: keys,
      maxAttempts: 1,
    });
  const s3 = client(endpoints.rootKeys);
  /** What no SDK would send, signed by root all the same. @returns the body of the answer */
  async function raw(
    method: string,
    path: string,
    more: { query?: Record<string, string>; headers?: Record<string, string>; body: string },
  ): Promise<string> {
    const { host, origin } = new URL(endpoints.origin);
    const signer = new SignatureV4({
      service: 's3',
      region: REGION,
      sha256: Sha256,
      credentials: endpoints.rootKeys,
      uriEscapePath: false,
    });
    const { query = {}, headers = {}, body } = more;
    const request = new HttpRequest({
      method,
      hostname: host,
      path: `/aws/s3${path}`,
      query,
      headers: { host, 'x-amz-content-sha256': 'UNSIGNED-PAYLOAD', ...headers },
      body,
    });
    const signed = await signer.sign(request);
    const search = new URLSearchParams(query).toString();
    const answer = await fetch(`${origin}/aws/s3${path}?${search}`, {
      method,
      headers: signed.headers,
      body,
    });
    return answer.text();
  }
  return {
    directory,
    created,
    endpoints,
    client,
    s3,
    put: (key: string, body: string | Uint8Array, more: object = {}) =>
      s3.send(new PutObjectCommand({ Bucket: bucket, Key: key, Body: body, ...more })),
    get: async (key: string, more: object = {}) => {
      const reply = await s3.send(new GetObjectCommand({ Bucket: bucket, Key: key, ...more }));
      return { ...reply, bytes: Buffer.from((await reply.Body?.transformToByteArray()) ?? []) };
    },
    raw,
    /** Between tests: allows everything again, sets the clock right and forgets what happened. */
    reset: () => {
      endpoints.authorizer.denies = () => false;
      endpoints.authorizer.asked.length = 0;
      endpoints.skewMs = 0;
      created.length = 0;
    },
    /** Fails when the service had an error that it did not foresee. */
    close: async () => {
      s3.destroy();
      await endpoints.close();
      await rm(directory, { recursive: true, force: true });
      expect(endpoints.errors).toEqual([]);
    },
  };
}

export type S3World = Awaited<ReturnType<typeof openS3World>>;

/** The name of the error that was thrown. */
export async function codeOf(promise: Promise<unknown>): Promise<string> {
  try {
    await promise;
  } catch (error) {
    if (error !== null && typeof error === 'object' && 'name' in error) return String(error.name);
  }
  return 'nothing was thrown';
}

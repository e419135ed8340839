import {
  GetBucketCorsCommand,
  GetBucketNotificationConfigurationCommand,
  GetBucketPolicyCommand,
  ListObjectsV2Command,
  PutBucketCorsCommand,
  type S3Client,
} from '@aws-sdk/client-s3';
import { parseJson } from '@stepcast/contracts';
import { asError } from '@stepcast/kit';
import * as z from 'zod';
import { mask } from '@stepcast/operations';
import type { Repairs } from '../ports/repairs.port.ts';
import type { BucketSource, ProbeSource } from '../ports/sources.port.ts';
import { answer, lookUp, named } from './answer.ts';

/** The configuration of a bucket, and the prefixes in it. */
export function createS3Buckets(client: S3Client): BucketSource & Pick<Repairs, 'putCors'> {
  return {
    policy: (bucket) =>
      lookUp<unknown>('s3:GetBucketPolicy', named('NoSuchBucketPolicy'), async () => {
        const { Policy = '' } = await client.send(new GetBucketPolicyCommand({ Bucket: bucket }));
        const parsed = parseJson(z.unknown(), Policy);
        return parsed.ok ? parsed.value : Policy;
      }),
    cors: (bucket) =>
      answer('s3:GetBucketCORS', async () => {
        try {
          const { CORSRules = [] } = await client.send(new GetBucketCorsCommand({ Bucket: bucket }));
          return CORSRules.map((rule) => ({
            id: rule.ID,
            allowedOrigins: rule.AllowedOrigins ?? [],
            allowedMethods: rule.AllowedMethods ?? [],
            allowedHeaders: rule.AllowedHeaders ?? [],
            exposeHeaders: rule.ExposeHeaders ?? [],
            maxAgeSeconds: rule.MaxAgeSeconds,
          }));
        } catch (thrown) {
          if (asError(thrown).name === 'NoSuchCORSConfiguration') return [];
          throw thrown;
        }
      }),
    events: (bucket) =>
      answer('s3:GetBucketNotification', async () => {
        const configuration = await client.send(
          new GetBucketNotificationConfigurationCommand({ Bucket: bucket }),
        );
        return {
          eventBridge: configuration.EventBridgeConfiguration !== undefined,
          queueArns: (configuration.QueueConfigurations ?? []).flatMap(({ QueueArn }) => QueueArn ?? []),
        };
      }),
    levelsBelow: (bucket, prefix) =>
      answer('s3:ListBucket', async () => {
        const { CommonPrefixes = [] } = await client.send(
          new ListObjectsV2Command({ Bucket: bucket, Prefix: prefix, Delimiter: '/' }),
        );
        return CommonPrefixes.flatMap(({ Prefix }) =>
          Prefix === undefined ? [] : [Prefix.slice(prefix.length).replace(/\/$/, '')],
        );
      }),
    async putCors(bucket, rules) {
      await client.send(
        new PutBucketCorsCommand({
          Bucket: bucket,
          CORSConfiguration: {
            CORSRules: rules.map((rule) => ({
              ID: rule.id,
              AllowedOrigins: [...rule.allowedOrigins],
              AllowedMethods: [...rule.allowedMethods],
              AllowedHeaders: [...rule.allowedHeaders],
              ExposeHeaders: [...rule.exposeHeaders],
              MaxAgeSeconds: rule.maxAgeSeconds,
            })),
          },
        }),
      );
    },
  };
}

/**
 * Lists as one identity. Listing shows more than reading: a caller who may not list the whole bucket gets 403 for a key
 * that is not there, whether it is his or not.
 */
export function createS3Probe(client: S3Client, bucket: string): ProbeSource {
  async function list(prefix: string): Promise<{ outcome: 'allowed' | 'denied'; message?: string }> {
    try {
      await client.send(new ListObjectsV2Command({ Bucket: bucket, Prefix: prefix, MaxKeys: 1 }));
      return { outcome: 'allowed' };
    } catch (thrown) {
      const error = asError(thrown);
      if (error.name === 'AccessDenied') return { outcome: 'denied', message: mask(error.message) };
      throw thrown;
    }
  }
  return {
    probe: (ownPrefix, foreignPrefix) =>
      answer('s3:ListBucket', async () => {
        const [own, foreign] = [await list(ownPrefix), await list(foreignPrefix)];
        return { ownPrefix, foreignPrefix, own: own.outcome, foreign: foreign.outcome, message: own.message };
      }),
  };
}

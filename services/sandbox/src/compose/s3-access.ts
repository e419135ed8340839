import { GetObjectCommand, HeadObjectCommand, PutObjectCommand, type S3Client } from '@aws-sdk/client-s3';
import { ObjectTooLarge, type HandlerContext } from '../workflow/index.ts';

/** S3 as functions of a workflow reach it. */
export function s3Access(client: () => S3Client): Pick<HandlerContext, 'getObject' | 'putObject'> {
  return {
    async getObject(bucket, key, limits = {}) {
      const { maxBytes = Infinity, firstBytes } = limits;
      const head = await client().send(new HeadObjectCommand({ Bucket: bucket, Key: key }));
      if (firstBytes === undefined && (head.ContentLength ?? 0) > maxBytes)
        throw new ObjectTooLarge(`s3://${bucket}/${key} has more than ${maxBytes} bytes`);
      // S3 has no range of an empty object to give.
      if (head.ContentLength === 0) return Buffer.alloc(0);
      const answer = await client().send(
        new GetObjectCommand({
          Bucket: bucket,
          Key: key,
          ...(firstBytes === undefined ? {} : { Range: `bytes=0-${Math.max(0, firstBytes - 1)}` }),
        }),
      );
      return Buffer.from((await answer.Body?.transformToByteArray()) ?? []);
    },
    async putObject(bucket, key, body, { contentType } = {}) {
      await client().send(
        new PutObjectCommand({
          Bucket: bucket,
          Key: key,
          Body: body,
          ...(contentType === undefined ? {} : { ContentType: contentType }),
        }),
      );
    },
  };
}

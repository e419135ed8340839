/** What the page needs of the AWS SDK, in one chunk that is loaded on demand. */
export { S3Client } from '@aws-sdk/client-s3';
export { Upload } from '@aws-sdk/lib-storage';

export { type CreatedReason, type ObjectCreated, type S3Limits } from './context.ts';
export { createS3Service, type S3Service, type S3ServiceOptions } from './s3-service.ts';

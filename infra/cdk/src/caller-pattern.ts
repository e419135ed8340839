import { type EventPattern } from 'aws-cdk-lib/aws-events';

/** The calls after which an object has another content; those that S3 refused are recorded as well, and say nothing. */
const WRITES = ['PutObject', 'PostObject', 'CopyObject', 'CompleteMultipartUpload'];

/**
 * CloudTrail's records of successful writes below a prefix of a bucket. They come where a trail logs data events of these objects
 * (EventBridge user guide, "AWS service events delivered via AWS CloudTrail").
 */
export function callerPattern(bucketName: string, prefix: string): EventPattern {
  return {
    source: ['aws.s3'],
    detailType: ['AWS API Call via CloudTrail'],
    detail: {
      eventSource: ['s3.amazonaws.com'],
      eventName: WRITES,
      errorCode: [{ exists: false }],
      requestParameters: {
        bucketName: [bucketName],
        ...(prefix === '' ? {} : { key: [{ prefix }] }),
      },
    },
  };
}

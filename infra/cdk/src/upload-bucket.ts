import { Aws, Duration, RemovalPolicy } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as s3 from 'aws-cdk-lib/aws-s3';
import { type DeploymentNames } from '@stepcast/wire';
import { Construct } from 'constructs';
import { type Documents } from './documents.ts';
import { PLAIN_NAMES } from './names.ts';

export interface UploadBucketProps {
  /** Default: those of a deployment without a stage. */
  readonly names?: DeploymentNames;
  /** How long a version stays once it is overwritten or deleted, in days. Default 30. */
  readonly noncurrentVersionDays?: number;
  /** Origins of the web pages that upload, for example `https://app.example.com`. */
  readonly origins: readonly string[];
}

/** What a page has to be able to read: the ETag completes a multipart upload, the others say which upload it was. */
const EXPOSED_HEADERS = ['ETag', 'x-amz-request-id', 'x-amz-version-id'];

/**
 * The bucket for uploads: private, encrypted, versioned (a version is what makes an upload to the same key a new one),
 * reports to EventBridge. It stays when the stack is deleted, and goes with a first deployment that fails. Its policy comes by `denyForeign`.
 */
export class UploadBucket extends Construct {
  readonly bucket: s3.Bucket;

  constructor(
    scope: Construct,
    id: string,
    { origins, names = PLAIN_NAMES, noncurrentVersionDays = 30 }: UploadBucketProps,
  ) {
    super(scope, id);
    this.bucket = new s3.Bucket(this, 'Bucket', {
      bucketName: names.bucket(Aws.ACCOUNT_ID, Aws.REGION),
      blockPublicAccess: s3.BlockPublicAccess.BLOCK_ALL,
      objectOwnership: s3.ObjectOwnership.BUCKET_OWNER_ENFORCED,
      encryption: s3.BucketEncryption.S3_MANAGED,
      versioned: true,
      removalPolicy: RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE,
      lifecycleRules: [
        { id: 'unfinished-uploads', abortIncompleteMultipartUploadAfter: Duration.days(7) },
        {
          // What somebody deletes is to be gone, and what is overwritten costs as much as what is not.
          id: 'old-versions',
          noncurrentVersionExpiration: Duration.days(noncurrentVersionDays),
          expiredObjectDeleteMarker: true,
        },
      ],
      cors: [
        {
          id: 'stepcast',
          allowedOrigins: [...origins],
          allowedMethods: [
            s3.HttpMethods.PUT,
            s3.HttpMethods.POST,
            s3.HttpMethods.GET,
            s3.HttpMethods.HEAD,
            s3.HttpMethods.DELETE,
          ],
          allowedHeaders: ['*'],
          exposedHeaders: EXPOSED_HEADERS,
          maxAge: 3_600,
        },
      ],
    });
    // The property `eventBridgeEnabled` makes a function that sets this from outside; CloudFormation can do it itself.
    const { defaultChild } = this.bucket.node;
    if (defaultChild instanceof s3.CfnBucket)
      defaultChild.notificationConfiguration = { eventBridgeConfiguration: { eventBridgeEnabled: true } };
  }
}

/**
 * Puts the explicit denies of `@stepcast/policies` on a bucket. A bucket has room for one policy: one that was made in the
 * same app takes the statements into its own, any other must not have a policy yet.
 */
export function denyForeign(
  scope: Construct,
  id: string,
  { bucket, documents }: { readonly bucket: s3.IBucket; readonly documents: Documents },
): void {
  const { bucketPolicy } = documents.built;
  if (bucket instanceof s3.Bucket && bucket.policy !== undefined)
    for (const statement of bucketPolicy.Statement)
      bucket.addToResourcePolicy(iam.PolicyStatement.fromJson(documents.inTemplate(statement)));
  else
    new s3.CfnBucketPolicy(scope, id, {
      bucket: bucket.bucketName,
      policyDocument: documents.inTemplate(bucketPolicy),
    });
}

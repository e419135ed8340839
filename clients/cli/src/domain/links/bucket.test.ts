import { describe, expect, it } from 'vitest';
import { QUEUE_NAMES } from '@stepcast/wire';
import { known } from '../evidence.ts';
import { BUCKET, found, judge, healthyPool } from '../../testing/fixtures.ts';
import { expectBroken } from '../../testing/expect-broken.ts';

describe('s3.cors and s3.events', () => {
  it('finds a bucket without CORS, and adds the rule', () => {
    const result = expectBroken('s3.cors', {
      chain: { bucketCors: known([]) },
      says: /has no CORS rule/,
      repair: /put-bucket-cors/,
    });
    expect(result.fixes).toEqual([expect.objectContaining({ kind: 'putCors', bucket: BUCKET })]);
  });

  it('finds that ETag is hidden, and keeps the rules that are there', () => {
    const theirs = {
      id: 'theirs',
      allowedOrigins: ['*'],
      allowedMethods: ['PUT', 'POST', 'GET', 'HEAD'],
      allowedHeaders: ['*'],
      exposeHeaders: [],
      maxAgeSeconds: undefined,
    };
    const result = expectBroken('s3.cors', {
      chain: { bucketCors: known([theirs]) },
      says: /not exposed to the page: ETag/,
      repair: /"ID":"theirs"/,
    });
    expect(result.fixes).toHaveLength(1);
  });

  it('finds the wrong origin, and does not judge an origin that nobody named', () => {
    const bucketCors = known([
      {
        id: undefined,
        allowedOrigins: ['https://other.example.org'],
        allowedMethods: ['PUT'],
        allowedHeaders: ['*'],
        exposeHeaders: ['ETag'],
        maxAgeSeconds: undefined,
      },
    ]);
    expectBroken('s3.cors', {
      chain: { bucketCors },
      says: /no rule allows PUT, POST, GET, HEAD from https:\/\/app\.example\.com/,
      repair: /put-bucket-cors/,
    });
    expect(judge('s3.cors', { bucketCors }, { appOrigin: undefined })).toMatchObject({
      verdict: 'couldNotCheck',
    });
  });

  it('finds uploads that nobody reports', () => {
    expectBroken('s3.events', {
      chain: { bucketEvents: known({ eventBridge: false, queueArns: [] }) },
      says: /sends no events to EventBridge/,
      repair: /EventBridgeConfiguration/,
    });
  });
});

describe('names.arns', () => {
  it.each([
    [{ bucket: 'arn:aws:s3:::uploads' }, /the bucket is given as an ARN/],
    [
      { stateMachineArn: 'ProgressPipeline' },
      /its ARN is arn:aws:states:us-east-1:111122223333:stateMachine:ProgressPipeline/,
    ],
    [{ logGroupName: 'arn:aws:logs:us-east-1:111122223333:log-group:x:*' }, /log group is given as an ARN/],
    [{ iotPolicyName: 'arn:aws:iot:us-east-1:111122223333:policy/p' }, /IoT policy is given as an ARN/],
    [
      { queueNames: { ...QUEUE_NAMES, uploads: 'arn:aws:sqs:us-east-1:111122223333:q' } },
      /the queue .* is given as an ARN/,
    ],
  ])('finds %j', (setup, says) => {
    expectBroken('names.arns', { setup, says, repair: /correct the option/, mends: false });
  });

  it('finds a bucket’s name in the place of its ARN in a template', () => {
    const document = {
      Resources: {
        S3FileBucket: { Type: 'AWS::S3::Bucket' },
        Policy: {
          Type: 'AWS::S3::BucketPolicy',
          Properties: {
            Bucket: { Ref: 'S3FileBucket' },
            PolicyDocument: {
              Statement: [
                { Resource: { 'Fn::Sub': '${S3FileBucket}/users/*' } },
                { Resource: { Ref: 'S3FileBucket' } },
                { Resource: { 'Fn::Sub': '${S3FileBucket.Arn}/users/*' } },
              ],
            },
          },
        },
      },
    };
    const result = expectBroken('names.arns', {
      chain: { templates: [{ path: 'infra.yaml', document: known(document) }] },
      says: /Statement\.0\.Resource: !Sub "\$\{S3FileBucket\}\/users\/\*" is the bucket’s name/,
      repair: /write !Sub "\$\{S3FileBucket\.Arn\}\/users\/\*" in place of/,
      mends: false,
    });
    // `Bucket: !Ref` wants the name, and the third resource is right.
    expect(result.evidence).toHaveLength(2);
    expect(result.repair.join('\n')).toContain('!GetAtt S3FileBucket.Arn');
  });
});

describe('s3.guests', () => {
  it('warns of guests that choose their role', () => {
    expectBroken('s3.guests', {
      chain: { identityPool: found({ ...healthyPool, allowsClassicFlow: true }) },
      verdict: 'warn',
      says: /classic flow/,
      repair: /leave the classic flow off/,
      mends: false,
    });
  });
});

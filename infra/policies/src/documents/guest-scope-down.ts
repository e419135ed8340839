import { type PolicyDocument } from '../document.ts';

/**
 * The session policies that Cognito puts on guests in the enhanced flow: whatever the role says, one of these must allow
 * too. `kinesisvideo` is in neither, so guests cannot use signaling channels (`kinesis` is another service). Source:
 * Cognito developer guide "IAM roles" (list of services), managed policy `AmazonCognitoUnAuthedIdentitiesSessionPolicy`.
 *
 * The two `textract` actions and the `kms` and `geo` actions of the managed policy are not spelled out in our sources and
 * are left out: a guest of the sandbox is refused them, which is never wider than AWS.
 */
export const GUEST_SCOPE_DOWN: PolicyDocument = {
  Version: '2012-10-17',
  Statement: [
    {
      Sid: 'InlineSessionPolicy',
      Effect: 'Allow',
      Action: [
        ...[
          'cloudwatch',
          'logs',
          'dynamodb',
          'kinesis',
          'mobileanalytics',
          's3',
          'ses',
          'sns',
          'sqs',
          'lambda',
          'machinelearning',
          'execute-api',
          'iot',
          'gamelift',
          'cognito-identity',
          'cognito-idp',
          'cognito-sync',
          'lex',
          'polly',
          'comprehend',
          'translate',
          'transcribe',
          'rekognition',
          'mobiletargeting',
          'firehose',
          'appsync',
          'personalize',
          'sdb',
          'codewhisperer',
        ].map((service) => `${service}:*`),
        'sagemaker:InvokeEndpoint',
      ],
      Resource: '*',
    },
    {
      Sid: 'ManagedSessionPolicy',
      Effect: 'Allow',
      Action: [
        'rum:PutRumEvents',
        ...[
          'polly',
          'comprehend',
          'translate',
          'transcribe',
          'rekognition',
          'mobiletargeting',
          'firehose',
          'personalize',
        ].map((service) => `${service}:*`),
        'sagemaker:InvokeEndpoint',
      ],
      Resource: '*',
    },
  ],
};

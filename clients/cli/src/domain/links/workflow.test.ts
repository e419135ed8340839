import { describe, expect, it } from '@jest/globals';
import { QUEUE_NAMES } from '@stepcast/contracts';
import { known } from '../evidence.ts';
import {
  BUCKET,
  found,
  healthyMachine,
  judge,
  LOG_GROUP,
  MACHINE_ROLE,
  notFound,
  queue,
  queues,
  role,
  withRoles,
} from '../../testing/fixtures.ts';
import { expectBroken } from '../../testing/expect-broken.ts';

const machine = (change: Partial<typeof healthyMachine>) => ({
  stateMachine: found({ ...healthyMachine, ...change }),
});

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

describe('workflow', () => {
  it('finds that logging is off, or for failures only', () => {
    expectBroken('workflow.logLevel', {
      chain: machine({ logLevel: 'OFF' }),
      says: /level OFF/,
      repair: /update-state-machine .*"level":"ALL"/,
    });
    expectBroken('workflow.logLevel', {
      chain: machine({ logLevel: 'ERROR' }),
      verdict: 'warn',
      says: /steps that succeed are not seen/,
      repair: /update-state-machine/,
    });
  });

  it('finds a machine that is not there', () => {
    expectBroken('workflow.logLevel', {
      chain: { stateMachine: notFound },
      says: /there is no state machine/,
      repair: /list-state-machines/,
      mends: false,
    });
  });

  it('finds that execution data is left out: a warning for Standard, a failure for Express', () => {
    expectBroken('workflow.executionData', {
      chain: machine({ includesExecutionData: false }),
      verdict: 'warn',
      says: /owners are looked up one by one/,
      repair: /"includeExecutionData":true/,
    });
    expectBroken('workflow.executionData', {
      chain: machine({ includesExecutionData: false, type: 'EXPRESS' }),
      says: /their owner stays unknown/,
      repair: /update-state-machine/,
    });
  });

  it('finds a destination without ":*", and one that is not subscribed to', () => {
    expectBroken('workflow.destination', {
      chain: machine({ logGroupArns: [`arn:aws:logs:us-east-1:111122223333:log-group:${LOG_GROUP}`] }),
      says: /not the ARN of a log group with ":\*" at the end/,
      repair: /update-state-machine/,
    });
    expectBroken('workflow.destination', {
      setup: { logGroupName: '/other' },
      chain: { logGroup: found({ name: '/other', logClass: 'STANDARD' }) },
      says: /is looked for on \/other/,
      repair: /log-group:\/other:\*/,
    });
  });

  it('finds a log group that is gone, or takes no subscription', () => {
    expectBroken('workflow.destination', {
      chain: { logGroup: notFound },
      says: /logging simply stops/,
      repair: /create-log-group/,
    });
    expectBroken('workflow.destination', {
      chain: { logGroup: found({ name: LOG_GROUP, logClass: 'INFREQUENT_ACCESS' }) },
      says: /only STANDARD takes subscriptions/,
      repair: /create-log-group/,
      mends: false,
    });
  });

  it('finds a role that cannot deliver logs', () => {
    expectBroken('workflow.role', {
      chain: { roles: withRoles(role(MACHINE_ROLE, {}, [])) },
      says: /ProgressPipelineRole does not allow logs:CreateLogDelivery/,
      repair: /put-role-policy --role-name ProgressPipelineRole/,
    });
  });
});

describe('logs', () => {
  it('finds that the log delivery may not write', () => {
    expectBroken('logs.resourcePolicy', {
      chain: { logResourcePolicies: known([]) },
      says: /no resource policy lets delivery\.logs\.amazonaws\.com/,
      repair: /put-resource-policy/,
    });
  });

  it('warns before the resource policies are full', () => {
    const entry = {
      name: 'p',
      document: {
        Version: '2012-10-17',
        Statement: [
          {
            Effect: 'Allow',
            Principal: { Service: 'delivery.logs.amazonaws.com' },
            Action: ['logs:CreateLogStream', 'logs:PutLogEvents'],
            Resource: '*',
          },
        ],
      },
    };
    expectBroken('logs.resourcePolicy', {
      chain: { logResourcePolicies: known(Array.from({ length: 10 }, () => entry)) },
      verdict: 'warn',
      says: /10 of 10 policies/,
      repair: /aws\/vendedlogs/,
      mends: false,
    });
  });

  it('finds that the forwarder is not subscribed', () => {
    const result = expectBroken('logs.subscription', {
      chain: { subscriptionFilters: known([]) },
      says: /has no subscription filter/,
      repair: /put-subscription-filter/,
    });
    expect(result.repair[0]).toContain('lambda add-permission');
  });

  it('finds that both places are taken by others', () => {
    const other = (name: string) => ({
      name,
      pattern: '',
      destinationArn: `arn:aws:lambda:us-east-1:111122223333:function:${name}`,
    });
    expectBroken('logs.subscription', {
      chain: { subscriptionFilters: known([other('datadog'), other('audit')]) },
      says: /subscribed to by datadog .*, audit .*, not by stepcast-forwarder/,
      repair: /delete-subscription-filter/,
    });
  });

  it('warns of a pattern that leaves records out', () => {
    expectBroken('logs.subscription', {
      chain: {
        subscriptionFilters: known([
          {
            name: 'stepcast-forwarder',
            pattern: '{ ($.type != "TaskScheduled") }',
            destinationArn: 'arn:aws:lambda:us-east-1:111122223333:function:stepcast-forwarder',
          },
        ]),
      },
      verdict: 'warn',
      says: /lets only some records through/,
      repair: /--filter-pattern ''/,
    });
  });
});

describe('queues', () => {
  it('finds one that is missing, and one of the wrong kind', () => {
    expectBroken('queues.exist', {
      chain: { queues: queues([QUEUE_NAMES.events, notFound]) },
      says: /the queue stepcast-events\.fifo \(events\) does not exist/,
      repair: /create-queue --queue-name stepcast-events\.fifo --attributes FifoQueue=true/,
    });
    expectBroken('queues.exist', {
      chain: { queues: queues(queue(QUEUE_NAMES.progress, { fifo: false })) },
      says: /must be FIFO/,
      repair: /create-queue/,
      mends: false,
    });
  });

  it('finds that EventBridge may not send', () => {
    expectBroken('queues.policy', {
      chain: { queues: queues(queue(QUEUE_NAMES.uploads, { policy: undefined })) },
      verdict: 'warn',
      says: /does not let events\.amazonaws\.com send/,
      repair: /set-queue-attributes/,
    });
  });

  it('warns of dead letters, and does not advise to delete them', () => {
    const result = expectBroken('queues.deadLetters', {
      chain: { queues: queues(queue(QUEUE_NAMES.deadLetters, { messages: 3 })) },
      verdict: 'warn',
      says: /3 messages in stepcast-dead-letters/,
      repair: /receive-message/,
      mends: false,
    });
    expect(result.repair.join('\n')).not.toMatch(/purge|delete/);
  });

  it('finds a redrive to a queue of the other kind, and one that gives up at once', () => {
    expectBroken('queues.deadLetters', {
      chain: {
        queues: queues(
          queue(QUEUE_NAMES.events, {
            redrive: {
              targetArn: `arn:aws:sqs:us-east-1:111122223333:${QUEUE_NAMES.deadLetters}`,
              maxReceiveCount: 5,
            },
          }),
        ),
      },
      says: /a FIFO queue needs a FIFO queue there/,
      repair: /RedrivePolicy=/,
    });
    expectBroken('queues.deadLetters', {
      chain: {
        queues: queues(
          queue(QUEUE_NAMES.uploads, {
            redrive: {
              targetArn: `arn:aws:sqs:us-east-1:111122223333:${QUEUE_NAMES.deadLetters}`,
              maxReceiveCount: 1,
            },
          }),
        ),
      },
      verdict: 'warn',
      says: /gives a message up after 1 receive/,
      repair: /maxReceiveCount/,
    });
  });
});

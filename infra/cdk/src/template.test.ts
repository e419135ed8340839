import { JOURNAL_KEYS, JOURNAL_TABLE_NAME, QUEUE_NAMES } from '@stepcast/wire';
import { compilePolicy, evaluate } from '@stepcast/policies';
import { afterAll, describe, expect, it } from 'vitest';
import * as z from 'zod';
import { DEPLOYED, synthesize, VARIANTS } from './testing/index.ts';

const synthesized = synthesize(VARIANTS);
afterAll(() => {
  synthesized.remove();
});
const small = ['plain', 'fullSmall'] as const;
const large = ['full', 'existing'] as const;
const names = [...small, ...large];
type Name = (typeof names)[number];
const isFull = (name: Name) => name === 'full' || name === 'fullSmall';
const isSmall = (name: Name) => small.some((one) => one === name);
const { region, accountId } = DEPLOYED;
const sqsArn = (name: string) => `arn:aws:sqs:${region}:${accountId}:${name}`;
const Document = z.record(z.string(), z.unknown());

const QueueProperties = z.object({
  QueueName: z.string(),
  FifoQueue: z.boolean().default(false),
  SqsManagedSseEnabled: z.boolean(),
  RedrivePolicy: z.object({ deadLetterTargetArn: z.string(), maxReceiveCount: z.number() }).optional(),
});

describe.each(names)('queues (%s)', (name) => {
  const template = synthesized.template(name);
  const queues = template.of('AWS::SQS::Queue').map(({ properties }) => QueueProperties.parse(properties));
  const lastOnes = ['stepcast-undelivered', 'stepcast-undelivered.fifo', QUEUE_NAMES.deadLetters];

  it('are those of the contracts, and where messages end that nobody could deliver', () => {
    expect(queues.map(({ QueueName }) => QueueName).toSorted()).toEqual(
      [
        // In the engine the handover is a function call.
        ...Object.values(QUEUE_NAMES).filter((queue) => !isSmall(name) || queue !== QUEUE_NAMES.progress),
        'stepcast-undelivered',
        'stepcast-undelivered.fifo',
        ...(isFull(name) ? ['stepcast-first-logins'] : []),
      ].toSorted(),
    );
  });

  it.each(queues.map((queue) => [queue.QueueName, queue] as const))(
    '%s is encrypted and gives up, to a queue of its own kind, or is where messages end',
    (queueName, queue) => {
      expect(queue.SqsManagedSseEnabled).toBe(true);
      expect(queue.FifoQueue).toBe(queueName.endsWith('.fifo'));
      if (lastOnes.includes(queueName)) {
        expect(queue.RedrivePolicy).toBeUndefined();
        return;
      }
      // More than the 20 deliveries after which the services give up themselves, with a reason.
      expect(queue.RedrivePolicy).toEqual({
        deadLetterTargetArn: sqsArn(queue.FifoQueue ? 'stepcast-undelivered.fifo' : 'stepcast-undelivered'),
        maxReceiveCount: 1_000,
      });
    },
  );

  it.each(['stepcast-dead-letters', 'stepcast-undelivered', 'stepcast-undelivered-fifo'])(
    'the alarm %s rings at the first message',
    (AlarmName) => {
      expect(template.one('AWS::CloudWatch::Alarm', { AlarmName })).toMatchObject({
        Threshold: 0,
        ComparisonOperator: 'GreaterThanThreshold',
        MetricName: 'ApproximateNumberOfMessagesVisible',
      });
    },
  );

  it.each<readonly [string, string]>([
    ['stepcast-uploads', QUEUE_NAMES.uploads],
    ['stepcast-status', QUEUE_NAMES.status],
    ...(isFull(name) ? [['stepcast-first-logins', 'stepcast-first-logins'] as const] : []),
  ])('the rule %s may send to its queue, over TLS, and no other rule may', (ruleName, queueName) => {
    expect(template.one('AWS::Events::Rule', { Name: ruleName })['Targets']).toEqual([
      expect.objectContaining({
        Arn: sqsArn(queueName),
        DeadLetterConfig: { Arn: sqsArn('stepcast-undelivered') },
      }),
    ]);
    const policies = template
      .of('AWS::SQS::QueuePolicy')
      .map(({ properties }) =>
        compilePolicy(Document.parse(properties['PolicyDocument']), { kind: 'resource' }),
      );
    const may = (rule: string, to: string, secure = 'true') =>
      evaluate(
        { identity: [], resource: policies },
        {
          action: 'sqs:SendMessage',
          resource: sqsArn(to),
          principal: { service: 'events.amazonaws.com' },
          context: {
            'aws:SourceArn': `arn:aws:events:${region}:${accountId}:rule/${rule}`,
            'aws:SourceAccount': accountId,
            'aws:SecureTransport': secure,
          },
        },
      ).allowed;
    expect(may(ruleName, queueName)).toBe(true);
    expect(may(ruleName, 'stepcast-undelivered')).toBe(true);
    expect(may('somebody-elses', queueName)).toBe(false);
    expect(may(ruleName, queueName, 'false')).toBe(false);
    expect(may(ruleName, QUEUE_NAMES.deadLetters)).toBe(false);
  });
});

describe('the journal', () => {
  it('has the keys of the contracts, expires, can be recovered, and outlives the stack', () => {
    const template = synthesized.template('plain');
    expect(template.one('AWS::DynamoDB::Table')).toMatchObject({
      TableName: JOURNAL_TABLE_NAME,
      BillingMode: 'PAY_PER_REQUEST',
      KeySchema: [
        { AttributeName: JOURNAL_KEYS.partition, KeyType: 'HASH' },
        { AttributeName: JOURNAL_KEYS.sort, KeyType: 'RANGE' },
      ],
      AttributeDefinitions: [
        { AttributeName: JOURNAL_KEYS.partition, AttributeType: 'S' },
        { AttributeName: JOURNAL_KEYS.sort, AttributeType: 'S' },
      ],
      TimeToLiveSpecification: { AttributeName: JOURNAL_KEYS.expiresAt, Enabled: true },
      PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true },
    });
    expect(template.retained()).toEqual(
      expect.arrayContaining([
        'AWS::DynamoDB::Table',
        'AWS::S3::Bucket',
        'AWS::Cognito::IdentityPool',
        'AWS::Cognito::UserPool',
      ]),
    );
  });
});

describe('the way of log events', () => {
  it.each([
    ['plain', '/aws/vendedlogs/states/PhotoPipeline-Logs'],
    ['existing', '/aws/vendedlogs/states/ours'],
  ] as const)(
    'the forwarder is subscribed to all of the log group, which alone may call it (%s)',
    (name, group) => {
      const template = synthesized.template(name);
      const functionArn = `arn:aws:lambda:${region}:${accountId}:function:stepcast-forwarder`;
      const subscribed = { FilterName: 'stepcast-forwarder' };
      expect(template.one('AWS::Logs::SubscriptionFilter', subscribed)).toEqual({
        FilterName: 'stepcast-forwarder',
        FilterPattern: '',
        LogGroupName: group,
        DestinationArn: functionArn,
      });
      const callers = template
        .of('AWS::Lambda::Permission')
        .map(({ properties }) => properties)
        .filter(({ FunctionName }) => FunctionName === functionArn);
      const groups = [group, ...(name === 'existing' ? VARIANTS.existing.reports.logGroupNames : [])];
      expect(callers).toMatchObject(
        groups.map((one) => ({
          Action: 'lambda:InvokeFunction',
          Principal: 'logs.amazonaws.com',
          SourceArn: `arn:aws:logs:${region}:${accountId}:log-group:${one}:*`,
        })),
      );
    },
  );

  it('the forwarder hands on what failed, logs no payload that went well, and cannot log into the group that it reads', () => {
    const template = synthesized.template('plain');
    expect(template.one('AWS::Lambda::Function', { FunctionName: 'stepcast-forwarder' })).toMatchObject({
      DeadLetterConfig: { TargetArn: sqsArn('stepcast-undelivered') },
      LoggingConfig: {
        LogGroup: '/aws/lambda/stepcast-forwarder',
        LogFormat: 'JSON',
        SystemLogLevel: 'WARN',
        ApplicationLogLevel: 'TRACE',
      },
    });
  });
});

describe('ways in', () => {
  it('uploads are asked for below the prefix of the key template, in the bucket', () => {
    const pattern = (name: 'plain' | 'full') =>
      synthesized.template(name).one('AWS::Events::Rule', { Name: 'stepcast-uploads' })['EventPattern'];
    const bucket = { name: [`stepcast-uploads-${accountId}-${region}`] };
    expect(pattern('plain')).toMatchObject({ detail: { bucket, object: { key: [{ prefix: 'users/' }] } } });
    expect(pattern('full')).toMatchObject({ detail: { bucket, object: { key: [{ prefix: 'private/' }] } } });
  });

  it('of a status the ends are asked for, and the start where the log does not name the owner', () => {
    const statuses = (name: 'plain' | 'full' | 'existing') =>
      synthesized.template(name).one('AWS::Events::Rule', { Name: 'stepcast-status' })['EventPattern'];
    const stateMachineArn = [VARIANTS.plain.stateMachineArn];
    const ends = ['SUCCEEDED', 'FAILED', 'TIMED_OUT', 'ABORTED'];
    expect(statuses('plain')).toMatchObject({ detail: { stateMachineArn, status: ends } });
    expect(statuses('full')).toMatchObject({ detail: { stateMachineArn, status: ends } });
    expect(statuses('existing')).toMatchObject({ detail: { stateMachineArn, status: ['RUNNING', ...ends] } });
  });

  it.each(names)(
    'a token is asked for where somebody is provisioned, and none where guests ask what works (%s)',
    (name) => {
      const template = synthesized.template(name);
      expect(template.one('AWS::ApiGatewayV2::Authorizer')).toMatchObject({
        AuthorizerType: 'JWT',
        IdentitySource: ['$request.header.Authorization'],
        JwtConfiguration: {
          Audience: [DEPLOYED.userPoolClientId],
          Issuer: `https://cognito-idp.${region}.amazonaws.com/${DEPLOYED.userPoolId}`,
        },
      });
      const routes = template
        .of('AWS::ApiGatewayV2::Route')
        .filter(({ properties }) => properties['ApiId'] === DEPLOYED.apiId)
        .map(({ properties }) => [properties['RouteKey'], properties['AuthorizationType']]);
      expect(routes).toEqual([
        ['POST /v1/provision', 'JWT'],
        ['GET /v1/guests', 'NONE'],
      ]);
    },
  );

  it.each(names)('containers are reached by nobody, and reach AWS and a collector only (%s)', (name) => {
    const template = synthesized.template(name);
    const groups = template.of('AWS::EC2::SecurityGroup');
    expect(groups).toHaveLength(isSmall(name) ? 1 : 2);
    for (const { properties } of groups) {
      expect(properties['SecurityGroupIngress']).toBeUndefined();
      expect(properties['SecurityGroupEgress']).toEqual(
        [443, ...(name === 'existing' ? [4318] : [])].map((port) =>
          expect.objectContaining({ CidrIp: '0.0.0.0/0', FromPort: port, ToPort: port }),
        ),
      );
    }
    expect(template.of('AWS::EC2::SecurityGroupIngress')).toEqual([]);
  });
});

describe.each(names)('what stands in the template (%s)', (name) => {
  const template = synthesized.template(name);

  it('has the outputs that the doctor and a page read', () => {
    expect(template.outputs).toMatchObject({
      Region: region,
      IdentityPoolId: DEPLOYED.identityPoolId,
      IdentityPoolRoles: name === 'existing' ? 'existing' : 'new',
      UserPoolId: DEPLOYED.userPoolId,
      UserPoolClientId: DEPLOYED.userPoolClientId,
      Bucket: name === 'existing' ? 'uploads-of-ours' : `stepcast-uploads-${accountId}-${region}`,
      IotEndpoint: VARIANTS[name].iotEndpoint,
      TopicNamespace: isFull(name) ? 'acme/progress' : 'stepcast/v1',
      Size: isSmall(name) ? 'small' : 'large',
      ProvisionUrl: expect.stringMatching(/\/v1\/provision$/),
      StateMachineArn: VARIANTS[name].stateMachineArn,
    });
  });

  it('has no stand-in left', () => {
    expect(JSON.stringify(template.all())).not.toMatch(/standin|stand-in-for|StandInFor|000000000000/);
  });

  it('needs no function that changes resources from outside', () => {
    expect(
      template
        .all()
        .filter(({ type }) => type.startsWith('Custom::') || type === 'AWS::CloudFormation::CustomResource'),
    ).toEqual([]);
    const functions = template
      .of('AWS::Lambda::Function')
      .map(({ properties }) => properties['FunctionName']);
    expect(functions.toSorted()).toEqual(
      [
        'stepcast-forwarder',
        ...(isFull(name) ? ['stepcast-provisioner-signed'] : []),
        'stepcast-provisioner-token',
        'stepcast-provisioner-reconcile',
        ...(isFull(name) ? ['stepcast-provisioner-logins'] : []),
      ].toSorted(),
    );
  });
});

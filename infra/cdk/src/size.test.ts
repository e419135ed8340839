import { execFileSync } from 'node:child_process';
import { parseJson } from '@stepcast/contracts';
import { QUEUE_NAMES } from '@stepcast/wire';
import { afterAll, describe, expect, it } from 'vitest';
import * as z from 'zod';
import { DEPLOYED, synthesize, VARIANTS, type Template } from './testing/index.ts';

const synthesized = synthesize({
  ...VARIANTS,
  never: { ...VARIANTS.plain, reconcileMinutes: 0 },
  inZones: { ...VARIANTS.plain, zones: ['us-east-1b', 'us-east-1d'] },
});
afterAll(() => {
  synthesized.remove();
});
const { region, accountId, apiId } = DEPLOYED;
const sqsArn = (name: string) => `arn:aws:sqs:${region}:${accountId}:${name}`;
const functionArn = (name: string) => `arn:aws:lambda:${region}:${accountId}:function:${name}`;
const plain = synthesized.template('plain');
const fullSmall = synthesized.template('fullSmall');
const full = synthesized.template('full');
const existing = synthesized.template('existing');
const countOf = (template: Template, type: string) => template.of(type).length;

const Service = z.object({
  ServiceName: z.string(),
  DesiredCount: z.number().optional(),
  NetworkConfiguration: z.object({
    AwsvpcConfiguration: z.object({ AssignPublicIp: z.enum(['ENABLED', 'DISABLED']) }),
  }),
});
const servicesOf = (template: Template) =>
  template.of('AWS::ECS::Service').map(({ properties }) => Service.parse(properties));

describe('the size "small"', () => {
  it('is the default: one engine on ARM, with a quarter of a processor', () => {
    expect(servicesOf(plain)).toEqual([
      expect.objectContaining({ ServiceName: 'stepcast-engine', DesiredCount: 1 }),
    ]);
    expect(plain.one('AWS::ECS::TaskDefinition')).toMatchObject({
      Family: 'stepcast-engine',
      Cpu: '256',
      Memory: '1024',
      RuntimePlatform: { CpuArchitecture: 'ARM64', OperatingSystemFamily: 'LINUX' },
    });
  });

  it('has nothing that costs while idle but the engine, its address and the alarms', () => {
    for (const type of [
      'AWS::ApiGatewayV2::VpcLink',
      'AWS::ServiceDiscovery::PrivateDnsNamespace',
      'AWS::EC2::NatGateway',
      'AWS::EC2::EIP',
      'AWS::EC2::VPCEndpoint',
      'AWS::ApplicationAutoScaling::ScalableTarget',
    ])
      expect([type, countOf(plain, type)]).toEqual([type, 0]);
    expect(plain.one('AWS::ECS::Cluster')['ClusterSettings']).toEqual([
      { Name: 'containerInsights', Value: 'disabled' },
    ]);
  });

  it('has no progress queue, and no alarm on one', () => {
    expect(JSON.stringify([plain.all(), fullSmall.all()])).not.toContain(QUEUE_NAMES.progress);
    expect(plain.of('AWS::CloudWatch::Alarm').map(({ properties }) => properties['AlarmName'])).not.toContain(
      'stepcast-progress-late',
    );
  });

  it.each([
    ['6 a second', plain, 6],
    ['3 a second for each API where signed requests are taken too', fullSmall, 3],
  ])(
    'its API takes %s: functions cannot wait for one another, and AWS IoT has a limit',
    (_what, template, rate) => {
      const rates = template
        .of('AWS::ApiGatewayV2::Stage')
        .map(({ properties }) =>
          z.object({ ThrottlingRateLimit: z.number() }).parse(properties['DefaultRouteSettings']),
        );
      expect(rates.map(({ ThrottlingRateLimit }) => ThrottlingRateLimit)).toEqual(rates.map(() => rate));
      // Two calls for somebody new, of 15 a second.
      expect(2 * rate * rates.length).toBeLessThan(15);
    },
  );

  it('lets only the routes of its API, and only the schedule, call its functions', () => {
    const callersOf = (name: string) =>
      plain
        .of('AWS::Lambda::Permission')
        .filter(({ properties }) => properties['FunctionName'] === functionArn(name))
        .map(({ properties }) => [properties['Principal'], properties['SourceArn']]);
    expect(callersOf('stepcast-provisioner-token')).toEqual(
      ['/v1/provision', '/v1/guests'].map((path) => [
        'apigateway.amazonaws.com',
        `arn:aws:execute-api:${region}:${accountId}:${apiId}/*/*${path}`,
      ]),
    );
    expect(callersOf('stepcast-provisioner-reconcile')).toEqual([
      ['events.amazonaws.com', `arn:aws:events:${region}:${accountId}:rule/stepcast-reconcile`],
    ]);
  });

  it('compares attachments on a schedule, unless that is never', () => {
    expect(plain.one('AWS::Events::Rule', { Name: 'stepcast-reconcile' })).toMatchObject({
      ScheduleExpression: 'rate(1 hour)',
      Targets: [{ Arn: functionArn('stepcast-provisioner-reconcile') }],
    });
    expect(JSON.stringify(synthesized.template('never').all())).not.toContain('reconcile"');
  });

  it('takes first logins from their queue, one by one settled, within the visibility timeout', () => {
    const FunctionName = 'stepcast-provisioner-logins';
    expect(fullSmall.one('AWS::Lambda::EventSourceMapping')).toMatchObject({
      EventSourceArn: sqsArn('stepcast-first-logins'),
      FunctionName,
      FunctionResponseTypes: ['ReportBatchItemFailures'],
    });
    const { Timeout } = fullSmall.one('AWS::Lambda::Function', { FunctionName });
    const { VisibilityTimeout } = fullSmall.one('AWS::SQS::Queue', { QueueName: 'stepcast-first-logins' });
    expect(Number(Timeout)).toBeLessThanOrEqual(Number(VisibilityTimeout));
  });
});

describe('the size "large"', () => {
  it('runs correlator and publisher apart, each between bounds of its own', () => {
    expect(servicesOf(full).map(({ ServiceName, DesiredCount }) => [ServiceName, DesiredCount])).toEqual([
      // Without a number, so that a deployment does not undo what the queue asked for.
      ['stepcast-correlator', undefined],
      ['stepcast-publisher', undefined],
      ['stepcast-provisioner', 1],
    ]);
    const bounds = full
      .of('AWS::ApplicationAutoScaling::ScalableTarget')
      .map(({ properties }) => [properties['MinCapacity'], properties['MaxCapacity']]);
    expect(bounds).toEqual([
      [2, 6],
      [2, 4],
    ]);
  });

  it.each([
    ['stepcast-events.fifo', 'the correlator'],
    ['stepcast-progress.fifo', 'the publisher'],
  ])('the age of the oldest message in %s adds copies of %s and takes them away', (QueueName) => {
    const alarms = full
      .of('AWS::CloudWatch::Alarm')
      .filter(
        ({ properties }) =>
          properties['AlarmName'] === undefined &&
          JSON.stringify(properties['Dimensions']).includes(`"${QueueName}"`),
      );
    expect(alarms.map(({ properties }) => [properties['MetricName'], properties['Threshold']])).toEqual([
      ['ApproximateAgeOfOldestMessage', 5],
      ['ApproximateAgeOfOldestMessage', 30],
    ]);
  });

  it('tells publishers the most that can run, which share what may be done to a retained topic', () => {
    const copiesIn = (template: Template) =>
      JSON.stringify(template.one('AWS::ECS::TaskDefinition', { Family: 'stepcast-publisher' })).match(
        /"STEPCAST_PUBLISHER_COPIES","Value":"(\d+)"/,
      )?.[1];
    expect([copiesIn(full), copiesIn(existing)]).toEqual(['4', '5']);
  });

  it('runs a fixed number where the settings give one', () => {
    expect(servicesOf(existing).map(({ ServiceName, DesiredCount }) => [ServiceName, DesiredCount])).toEqual([
      ['stepcast-correlator', 3],
      ['stepcast-publisher', undefined],
      ['stepcast-provisioner', 1],
    ]);
    expect(countOf(existing, 'AWS::ApplicationAutoScaling::ScalableTarget')).toBe(1);
  });

  it('answers at the same API as "small", so that its address stays when the size changes', () => {
    const idOf = (template: Template) =>
      template
        .of('AWS::ApiGatewayV2::Api')
        .find(({ properties }) => properties['Name'] === 'stepcast-provisioner')?.id;
    expect(idOf(full)).toBe(idOf(fullSmall));
    expect(idOf(full)).toBeDefined();
  });
});

describe('what costs by itself', () => {
  const publicOf = (template: Template) =>
    new Set(
      servicesOf(template).map(
        ({ NetworkConfiguration }) => NetworkConfiguration.AwsvpcConfiguration.AssignPublicIp,
      ),
    );

  it('is an address for each container only where there is no other way out', () => {
    expect([...publicOf(plain)]).toEqual(['ENABLED']);
    expect([...publicOf(full)]).toEqual(['DISABLED']);
    expect([...publicOf(existing)]).toEqual(['DISABLED']);
    for (const template of [plain, full])
      for (const { properties } of template.of('AWS::EC2::Subnet'))
        expect(properties['MapPublicIpOnLaunch']).toBe(false);
  });

  it('is one NAT gateway, and numbers of each container, only where these are asked for', () => {
    expect(countOf(full, 'AWS::EC2::NatGateway')).toBe(1);
    expect(full.one('AWS::ECS::Cluster')['ClusterSettings']).toEqual([
      { Name: 'containerInsights', Value: 'enabled' },
    ]);
  });

  it('is the processor: x86 only where it is asked for', () => {
    const kindsOf = (template: Template) => [
      ...new Set(
        template
          .of('AWS::ECS::TaskDefinition')
          .map(
            ({ properties }) =>
              z.object({ CpuArchitecture: z.string() }).parse(properties['RuntimePlatform']).CpuArchitecture,
          ),
      ),
    ];
    expect(kindsOf(full)).toEqual(['ARM64']);
    expect(kindsOf(existing)).toEqual(['X86_64']);
  });
});

describe('the provisioner’s bundle', () => {
  it('has the entry that each function is configured with', () => {
    const Handler = z.string().transform((text) => text.replace('index.', ''));
    const wanted = fullSmall
      .of('AWS::Lambda::Function')
      .filter(({ properties }) => String(properties['FunctionName']).startsWith('stepcast-provisioner'))
      .map(({ properties }) => Handler.parse(properties['Handler']));
    expect(wanted.toSorted()).toEqual(['byToken', 'firstLogins', 'handler', 'reconcile']);
    const FunctionName = 'stepcast-provisioner-token';
    const { Environment } = fullSmall.one('AWS::Lambda::Function', { FunctionName });
    const { Variables } = z.object({ Variables: z.record(z.string(), z.string()) }).parse(Environment);
    const script = `
      import { pathToFileURL } from 'node:url';
      const entries = await import(pathToFileURL(process.argv[1]));
      const answer = await entries.byToken({ routeKey: 'POST /v1/provision', headers: {} }, { awsRequestId: '1' });
      process.stdout.write('\\n' + JSON.stringify({ entries: Object.keys(entries), statusCode: answer.statusCode }));
    `;
    const output = execFileSync(
      process.execPath,
      ['--input-type=module', '-e', script, synthesized.bundle('fullSmall', FunctionName)],
      {
        env: { AWS_REGION: region, ...Variables },
        encoding: 'utf8',
        timeout: 120_000,
        killSignal: 'SIGKILL',
      },
    );
    const said = parseJson(
      z.object({ entries: z.array(z.string()), statusCode: z.number() }),
      output.split('\n').at(-1) ?? '',
    );
    if (!said.ok) throw new TypeError('the bundle said something else');
    expect(said.value.entries).toEqual(expect.arrayContaining(wanted));
    expect(said.value.statusCode).toBe(401);
  });
});

describe('the zones of a VPC that is made', () => {
  it('are the first two of the region, without asking an account, or those that are named', () => {
    const zonesOf = (name: 'plain' | 'inZones') =>
      synthesized
        .template(name)
        .of('AWS::EC2::Subnet')
        .map(({ properties }) => properties['AvailabilityZone']);
    expect(zonesOf('inZones')).toEqual(['us-east-1b', 'us-east-1d']);
    expect(JSON.stringify(zonesOf('plain'))).toContain('Fn::GetAZs');
  });
});

import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { HEALTH_PATH, LIVE_PATH, READY_PATH } from '@stepcast/wire';
import { afterAll, describe, expect, it } from 'vitest';
import * as z from 'zod';
import { retainedPerSecondIn } from './iot-quotas.ts';
import { synthesize, VARIANTS, type Template } from './testing/index.ts';

const synthesized = synthesize(VARIANTS);
afterAll(() => {
  synthesized.remove();
});
const names = ['plain', 'fullSmall', 'full', 'existing'] as const;
type Name = (typeof names)[number];
const isSmall = (name: Name) => name === 'plain' || name === 'fullSmall';

const Service = z.object({
  DeploymentConfiguration: z.object({
    MinimumHealthyPercent: z.number(),
    MaximumPercent: z.number(),
    DeploymentCircuitBreaker: z.object({ Enable: z.boolean(), Rollback: z.boolean() }),
  }),
});
const servicesOf = (template: Template) =>
  template.of('AWS::ECS::Service').map(({ properties }) => Service.parse(properties));

describe.each(names)('a deployment (%s)', (name) => {
  const template = synthesized.template(name);

  it('is rolled back when its tasks do not become healthy, and replaces no task before another works', () => {
    for (const { DeploymentConfiguration } of servicesOf(template))
      expect(DeploymentConfiguration).toEqual({
        MinimumHealthyPercent: 100,
        MaximumPercent: 200,
        DeploymentCircuitBreaker: { Enable: true, Rollback: true },
      });
  });

  it('leaves services the time to drain that they take', () => {
    const drains = globSync(
      join(
        import.meta.dirname,
        '..',
        '..',
        '..',
        'services/{engine,correlator,publisher,provisioner}/src/main.ts',
      ),
    ).map((file) =>
      Number(/drainTimeoutMs: ([\d_]+)/.exec(readFileSync(file, 'utf8'))?.[1]?.replaceAll('_', '') ?? 10_000),
    );
    expect(drains).toHaveLength(4);
    const Containers = z.tuple([z.object({ StopTimeout: z.number() })]);
    for (const { properties } of template.of('AWS::ECS::TaskDefinition')) {
      const [{ StopTimeout }] = Containers.parse(properties['ContainerDefinitions']);
      expect(StopTimeout * 1_000).toBeGreaterThanOrEqual(Math.max(...drains) + 5_000);
    }
  });
});

describe('what operators set', () => {
  it('is the topic of every alarm, but of those that scale', () => {
    const actionsOf = (name: Name) =>
      synthesized
        .template(name)
        .of('AWS::CloudWatch::Alarm')
        .filter(({ properties }) => properties['AlarmName'] !== undefined)
        .map(({ properties }) => properties['AlarmActions']);
    const topic = [VARIANTS.full.alarmTopicArn];
    expect(actionsOf('full')).toEqual(Array(21).fill(topic));
    expect(actionsOf('plain')).toEqual(Array(16).fill(undefined));
  });

  it('is the address that hears of every alarm, by a topic that takes nothing without TLS', () => {
    const template = synthesized.template('fullSmall');
    const alarms = template
      .of('AWS::CloudWatch::Alarm')
      .filter(({ properties }) => properties['AlarmName'] !== undefined);
    const topic = 'arn:aws:sns:us-east-1:111122223333:stepcast-alarms';
    expect(alarms).toHaveLength(21);
    for (const { properties } of alarms) expect(properties['AlarmActions']).toEqual([topic]);
    expect(template.one('AWS::SNS::Subscription')).toEqual({
      Protocol: 'email',
      TopicArn: topic,
      Endpoint: VARIANTS.fullSmall.alarmEmail,
    });
    expect(JSON.stringify(template.one('AWS::SNS::TopicPolicy'))).toContain('"aws:SecureTransport":"false"');
    expect(synthesized.template('plain').of('AWS::SNS::Topic')).toEqual([]);
  });

  it('is what leaves of inputs and outputs, in every service that reads them', () => {
    const text = JSON.stringify(VARIANTS.existing.projections);
    const template = synthesized.template('existing');
    const Environment = z.tuple([
      z.object({ Environment: z.array(z.object({ Name: z.string(), Value: z.unknown() })) }),
    ]);
    const correlator = template.one('AWS::ECS::TaskDefinition', { Family: 'stepcast-correlator' });
    const [{ Environment: variables }] = Environment.parse(correlator['ContainerDefinitions']);
    expect(variables).toContainEqual({ Name: 'STEPCAST_PROJECTIONS', Value: text });
    expect(variables).toContainEqual({
      Name: 'STEPCAST_OWNERSHIP_INPUT_PATHS',
      Value: JSON.stringify(VARIANTS.existing.ownership.inputPaths),
    });
    expect(template.one('AWS::Lambda::Function', { FunctionName: 'stepcast-forwarder' })).toMatchObject({
      Environment: { Variables: { STEPCAST_PROJECTIONS: text } },
    });
  });

  it('is how many retained messages AWS IoT takes; by default as many as in a region of that size', () => {
    const Environment = z.tuple([
      z.object({ Environment: z.array(z.object({ Name: z.string(), Value: z.unknown() })) }),
    ]);
    const { ContainerDefinitions } = synthesized
      .template('existing')
      .one('AWS::ECS::TaskDefinition', { Family: 'stepcast-publisher' });
    const [{ Environment: variables }] = Environment.parse(ContainerDefinitions);
    expect(variables).toContainEqual({ Name: 'STEPCAST_MQTT_RETAINED_PER_SECOND', Value: '1000' });
    expect(JSON.stringify(synthesized.template('plain').of('AWS::ECS::TaskDefinition'))).not.toContain(
      'STEPCAST_MQTT_RETAINED',
    );
    expect(['us-east-1', 'eu-central-1', 'ap-northeast-1'].map(retainedPerSecondIn)).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
    expect(['eu-west-3', 'eu-north-1', 'sa-east-1', 'me-south-1'].map(retainedPerSecondIn)).toEqual([
      50, 50, 50, 50,
    ]);
  });

  it('is which counters become metrics, in every container, under the name of the stack; functions write none', () => {
    const Environment = z.tuple([
      z.object({ Environment: z.array(z.object({ Name: z.string(), Value: z.unknown() })) }),
    ]);
    for (const [name, metrics] of [
      ['plain', 'essential'],
      ['existing', 'all'],
    ] as const) {
      const template = synthesized.template(name);
      for (const { properties } of template.of('AWS::ECS::TaskDefinition')) {
        const [{ Environment: variables }] = Environment.parse(properties['ContainerDefinitions']);
        expect(variables).toContainEqual({ Name: 'STEPCAST_METRICS', Value: metrics });
        expect(variables).toContainEqual({ Name: 'STEPCAST_DEPLOYMENT', Value: 'stepcast' });
      }
      for (const { properties } of template.of('AWS::Lambda::Function'))
        expect(JSON.stringify(properties['Environment'])).not.toContain('STEPCAST_METRICS');
    }
  });

  it('is where traces and metrics go, and of which share of uploads there are traces', () => {
    const withVariable = (name: Name, variable: string) =>
      synthesized
        .template(name)
        .of('AWS::ECS::TaskDefinition')
        .filter(({ properties }) => JSON.stringify(properties['ContainerDefinitions']).includes(variable))
        .map(({ properties }) => properties['Family'])
        .toSorted();
    const endpoint = '{"Name":"OTEL_EXPORTER_OTLP_ENDPOINT","Value":"http://collector.internal:4318"}';
    expect(withVariable('existing', endpoint)).toEqual(['stepcast-correlator', 'stepcast-publisher']);
    expect(withVariable('existing', '{"Name":"STEPCAST_TRACES_SHARE","Value":"0.1"}')).toEqual([
      'stepcast-correlator',
      'stepcast-publisher',
    ]);
    expect([withVariable('plain', 'OTEL'), withVariable('full', 'OTEL')]).toEqual([[], []]);
  });

  it('is how long every log stays', () => {
    const daysOf = (name: Name) =>
      new Set(
        synthesized
          .template(name)
          .of('AWS::Logs::LogGroup')
          .map(({ properties }) => properties['RetentionInDays']),
      );
    expect([[...daysOf('plain')], [...daysOf('full')], [...daysOf('fullSmall')]]).toEqual([[30], [90], [90]]);
  });
});

describe('a container', () => {
  const Containers = z.tuple([
    z.object({ Name: z.string(), Command: z.array(z.string()), ReadonlyRootFilesystem: z.boolean() }),
  ]);

  it.each(names)(
    'is of the one image, as the service that its command says, with half its memory as heap, and writes no files (%s)',
    (name) => {
      const tasks = synthesized.template(name).of('AWS::ECS::TaskDefinition');
      const containers = tasks.flatMap(({ properties }) =>
        Containers.parse(properties['ContainerDefinitions']),
      );
      expect(tasks.map(({ properties }) => properties['Memory'])).toEqual(tasks.map(() => '1024'));
      expect(containers).toEqual(
        containers.map(({ Name }) => ({
          Name,
          Command: ['node', '--max-old-space-size=512', '--max-semi-space-size=16', `dist/js/${Name}.mjs`],
          ReadonlyRootFilesystem: true,
        })),
      );
    },
  );
});

describe('who restarts containers', () => {
  const Containers = z.tuple([z.object({ HealthCheck: z.object({ Command: z.array(z.string()) }) })]);
  const assertAsksForLiveness = (command: string) => {
    expect(command).toContain(`${LIVE_PATH}'`);
    for (const path of [READY_PATH, HEALTH_PATH]) expect(command).not.toContain(path);
  };

  it.each(names)('ECS asks whether the process works, not whether AWS does (%s)', (name) => {
    const tasks = synthesized.template(name).of('AWS::ECS::TaskDefinition');
    expect(tasks).toHaveLength(isSmall(name) ? 1 : 2);
    for (const { properties } of tasks) {
      const [{ HealthCheck }] = Containers.parse(properties['ContainerDefinitions']);
      assertAsksForLiveness(HealthCheck.Command.join(' '));
    }
  });

  it('the image asks for the same', () => {
    const dockerfile = readFileSync(join(import.meta.dirname, '..', '..', '..', 'Dockerfile'), 'utf8');
    assertAsksForLiveness(/^HEALTHCHECK [^\n]*\\\n[^\n]*/m.exec(dockerfile)?.[0] ?? '');
  });
});

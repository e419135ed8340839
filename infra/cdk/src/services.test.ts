import { execFileSync } from 'node:child_process';
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { readCorrelatorConfig } from '@stepcast/correlator';
import { readEngineConfig } from '@stepcast/engine';
import { forwarderConfigFromEnvironment } from '@stepcast/forwarder';
import { readProvisionerConfig } from '@stepcast/provisioner';
import { readPublisherConfig } from '@stepcast/publisher';
import { afterAll, describe, expect, it } from 'vitest';
import * as z from 'zod';
import {
  FUNCTIONS,
  isFull,
  isFunction,
  isSmall,
  names,
  packagesOf,
  servicesOf,
  type DeployedName,
} from './testing/deployed-services.ts';
import { DEPLOYED, synthesize, VARIANTS, type Template } from './testing/index.ts';

const repository = join(import.meta.dirname, '..', '..', '..');
const synthesized = synthesize(VARIANTS);
afterAll(() => {
  synthesized.remove();
});
const Variables = z.record(z.string(), z.string());
const Containers = z.tuple([
  z.object({
    Environment: z.array(z.object({ Name: z.string(), Value: z.string() })),
    HealthCheck: z.object({ Command: z.array(z.string()) }),
  }),
]);

/** The variables that a service finds in its environment: the template's, and those of its image. */
function environmentOf(template: Template, service: DeployedName): Readonly<Record<string, string>> {
  if (isFunction(service)) {
    const { Environment } = template.one('AWS::Lambda::Function', { FunctionName: FUNCTIONS[service] });
    return { AWS_REGION: DEPLOYED.region, ...z.object({ Variables }).parse(Environment).Variables };
  }
  const { ContainerDefinitions } = template.one('AWS::ECS::TaskDefinition', {
    Family: `stepcast-${service}`,
  });
  const [{ Environment }] = Containers.parse(ContainerDefinitions);
  return {
    HOST: '0.0.0.0',
    PORT: '8080',
    ...Object.fromEntries(Environment.map(({ Name, Value }) => [Name, Value])),
  };
}

const queueUrl = (name: string) =>
  `https://sqs.${DEPLOYED.region}.amazonaws.com/${DEPLOYED.accountId}/${name}`;

describe.each(names)('the environment of the services (%s)', (name) => {
  const template = synthesized.template(name);
  const bucket = name === 'existing' ? 'uploads-of-ours' : 'stepcast-uploads-111122223333-us-east-1';

  it('is what the forwarder’s schema takes', () => {
    expect(forwarderConfigFromEnvironment(environmentOf(template, 'forwarder'))).toMatchObject({
      logLevel: isFull(name) ? 'warn' : 'info',
      eventsQueueUrl: queueUrl('stepcast-events.fifo'),
      deadLetterQueueUrl: queueUrl('stepcast-dead-letters'),
      reportToken: {
        plain: undefined,
        full: undefined,
        fullSmall: DEPLOYED.stackGuid,
        existing: VARIANTS.existing.reports.token,
      }[name],
    });
  });

  const correlation = {
    bucket: new Set([bucket]),
    startMode: isFull(name) ? 'managed' : 'observed',
    stateMachineArn: isFull(name) ? VARIANTS.full.stateMachineArn : undefined,
    uploadsQueueUrl: queueUrl('stepcast-uploads'),
    statusQueueUrl: queueUrl('stepcast-status'),
    eventsQueueUrl: queueUrl('stepcast-events.fifo'),
    deadLetterQueueUrl: queueUrl('stepcast-dead-letters'),
    journalTable: 'stepcast-journal',
    logLevel: isFull(name) ? 'warn' : 'info',
    retentionSeconds: (isFull(name) ? 60 : 30) * 86_400,
    feedEventBus: {
      plain: undefined,
      full: `arn:aws:events:${DEPLOYED.region}:${DEPLOYED.accountId}:event-bus/back-office`,
      fullSmall: `arn:aws:events:${DEPLOYED.region}:${DEPLOYED.accountId}:event-bus/back-office`,
      existing: 'arn:aws:events:us-east-1:444455556666:event-bus/shared',
    }[name],
    keyTemplate: expect.objectContaining({
      template: isFull(name) ? 'private/{identityId}/' : 'users/{identityId}/',
    }),
  };
  const publishing = {
    mqttUrl: `aws-iot://${VARIANTS.plain.iotEndpoint}`,
    topicNamespace: isFull(name) ? 'acme/progress' : 'stepcast/v1',
  };

  it('is what the schemas of engine, or of correlator and publisher take, and names the buckets that prove an owner', () => {
    if (isSmall(name)) {
      const environment = environmentOf(template, 'engine');
      expect(readEngineConfig(environment)).toMatchObject({ ...correlation, ...publishing });
      expect(JSON.stringify(environment)).not.toContain('progress.fifo');
      return;
    }
    const progressQueueUrl = queueUrl('stepcast-progress.fifo');
    expect(readCorrelatorConfig(environmentOf(template, 'correlator'))).toMatchObject({
      ...correlation,
      progressQueueUrl,
    });
    expect(readPublisherConfig(environmentOf(template, 'publisher'))).toMatchObject({
      ...publishing,
      progressQueueUrl,
    });
  });

  it.each(servicesOf(name).filter((service) => packagesOf(service).includes('provisioner')))(
    'is what the provisioner’s schema takes (%s)',
    (service) => {
      expect(readProvisionerConfig(environmentOf(template, service))).toMatchObject({
        accountId: DEPLOYED.accountId,
        identityPoolId: DEPLOYED.identityPoolId,
        userPoolId: DEPLOYED.userPoolId,
        userPoolClientId: DEPLOYED.userPoolClientId,
        iotPolicyName: template.one('AWS::IoT::Policy')['PolicyName'],
        allowedOrigins: ['https://app.example.com'],
        guestUploads: isFull(name),
        shownWorkflows: isFull(name) ? ['PhotoPipeline'] : [],
        firstLoginsQueueUrl: undefined,
        deadLetterQueueUrl: service === 'firstLogins' ? queueUrl('stepcast-dead-letters') : undefined,
      });
    },
  );

  it('holds no variable that the service does not read', () => {
    for (const service of servicesOf(name)) {
      const folders = [...packagesOf(service), 'kit', 'wire'].join(',');
      const read = globSync(join(repository, `services/{${folders}}/src/**/*.ts`))
        .map((file) => readFileSync(file, 'utf8'))
        .join('\n');
      const unread = Object.keys(environmentOf(template, service)).filter(
        (variable) => !variable.startsWith('AWS_') && !read.includes(`'${variable}'`),
      );
      expect([service, unread]).toEqual([service, []]);
    }
  });
});

describe('the forwarder as a bundle', () => {
  it('is one module that starts in its environment and takes a payload', () => {
    const template = synthesized.template('plain');
    const { Handler, Runtime } = template.one('AWS::Lambda::Function', {
      FunctionName: 'stepcast-forwarder',
    });
    expect([Handler, Runtime]).toEqual(['index.handler', 'nodejs24.x']);
    const bundle = synthesized.bundle('plain', 'stepcast-forwarder');
    // What CloudWatch Logs sends to see whether somebody is there: nothing goes out for it.
    const payload = {
      messageType: 'CONTROL_MESSAGE',
      owner: 'CloudwatchLogs',
      logGroup: '',
      logStream: '',
      subscriptionFilters: [],
      logEvents: [{ id: '', timestamp: 1_793_700_000_000, message: 'CWL CONTROL MESSAGE: Checking health.' }],
    };
    const script = `
      import { gzipSync } from 'node:zlib';
      import { pathToFileURL } from 'node:url';
      const { handler } = await import(pathToFileURL(process.argv[1]));
      const data = gzipSync(process.argv[2]).toString('base64');
      const answer = await handler({ awslogs: { data } }, { awsRequestId: '1', functionName: 'stepcast-forwarder' });
      process.stdout.write('\\n' + JSON.stringify(answer));
    `;
    const output = execFileSync(
      process.execPath,
      ['--input-type=module', '-e', script, bundle, JSON.stringify(payload)],
      {
        env: { ...environmentOf(template, 'forwarder') },
        encoding: 'utf8',
        timeout: 300_000,
        killSignal: 'SIGKILL',
      },
    );
    expect(output.split('\n').at(-1)).toMatch(/^\{/);
  });
});

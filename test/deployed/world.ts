import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { DescribeEndpointCommand } from '@aws-sdk/client-iot';
import { ENV, READY_PATH } from '@stepcast/wire';
import { miniStackPython, startMiniStack } from '../support/ministack.ts';
import { startBrokerRelay, type BrokerRelay } from './broker-relay.ts';
import { TYPES_LEFT_OUT } from './emulator-gaps.ts';
import { addToFunction, servicesOf, type DeployedService, type Variables } from './environments.ts';
import { startLogRelay, type LogRelay } from './log-relay.ts';
import { type PageConfig } from './person.ts';
import { ACCOUNT_ID, clientsOf, REGION, ROOT, type Clients, type Keys, type Place } from './place.ts';
import { must, mustEqual, until, type Run } from './run.ts';
import { startService, type ServiceProcess } from './service-processes.ts';
import {
  bootstrap,
  createStack,
  describe,
  failuresOf,
  STACK_NAME,
  updateStack,
  uploadAssets,
  type Deployed,
} from './stack.ts';
import { synthesize, without, withoutTlsOnly, type Template } from './template.ts';
import { createWorkflow, LOG_GROUP, STATE_MACHINE_ARN } from './workflow.ts';

export type Size = 'small' | 'large';

export const ORIGIN = 'https://app.example.com';

export const settingsOf = (size: Size) => ({
  stateMachineArn: STATE_MACHINE_ARN,
  iotEndpoint: `a1b2c3d4e5f6g7-ats.iot.${REGION}.amazonaws.com`,
  origins: [ORIGIN],
  startMode: 'managed',
  size,
});

/** An emulator with a workflow and whatever CDK's bootstrap leaves, ready for a deployment. */
export interface Emulator {
  readonly place: Place;
  readonly clients: Clients;
  /** Of this run, removed by `stop`. */
  readonly folder: string;
  readonly python: string;
  readonly enforcesIam: boolean;
  stop(): Promise<void>;
}

/** @throws ToolUnavailable */
export async function startEmulator({
  enforcesIam,
  workflow = true,
}: {
  readonly enforcesIam: boolean;
  /** Whether the workflow is there. Default true. */
  readonly workflow?: boolean;
}): Promise<Emulator> {
  const python = await miniStackPython();
  const server = await startMiniStack({
    auth: enforcesIam,
    region: REGION,
    accountId: ACCOUNT_ID,
    // Functions run on the Node that the PATH names.
    path: dirname(process.execPath),
  });
  const folder = await mkdtemp(join(tmpdir(), 'stepcast-deployed-'));
  const place: Place = { endpoint: server.endpoint, keys: ROOT };
  const clients = clientsOf({ region: REGION, emulator: place });
  await bootstrap(place, clients);
  if (workflow) await createWorkflow(clients);
  return {
    place,
    clients,
    folder,
    python,
    enforcesIam,
    async stop() {
      for (const client of Object.values(clients)) client.destroy();
      await server.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** A template that the emulator takes, and what it lacks. */
export interface Prepared {
  readonly template: Template;
  /** Types of what was taken out. */
  readonly leftOut: readonly string[];
}

/** Synthesizes, takes out what the emulator refuses, says what that was, and uploads what the template refers to. */
export async function prepare(run: Run, emulator: Emulator, settings: object): Promise<Prepared> {
  const { clients, folder, python, enforcesIam } = emulator;
  const { template: whole, assets } = await run.check('synthesizes the template', 600_000, () =>
    synthesize(folder, settings),
  );
  const { template, types, properties } = without(whole, TYPES_LEFT_OUT);
  run.say(`left out ${types.length} types that the emulator refuses: ${list(types)}`);
  run.say(`and what refers to them: ${list(properties)}`);
  await run.check('uploads the functions, as CDK does', 120_000, () =>
    uploadAssets(clients, assets, { python, folder }),
  );
  if (!enforcesIam) return { template, leftOut: types };
  const plain = withoutTlsOnly(template);
  run.say(`left out ${plain.count} statements that demand TLS: the emulator speaks HTTP, and enforces them`);
  return { template: plain.template, leftOut: types };
}

/** Prepares the template, and has CloudFormation create the stack. */
export async function deploy(
  run: Run,
  emulator: Emulator,
  settings: object,
  stackName: string,
): Promise<Deployed> {
  const { template } = await prepare(run, emulator, settings);
  return create(run, emulator, template, stackName);
}

export async function create(
  run: Run,
  { clients, place }: Emulator,
  template: Template,
  stackName: string = STACK_NAME,
): Promise<Deployed> {
  await run.check('CloudFormation creates the stack', 180_000, async () => {
    const status = await createStack(clients, place.endpoint, template, stackName);
    must(
      status === 'CREATE_COMPLETE',
      `${status}: ${(await failuresOf(clients.stacks, stackName)).join(' | ').slice(0, 2_000)}`,
    );
  });
  return describe(clients.stacks, stackName);
}

/** Has CloudFormation change the stack to this template. */
export async function update(run: Run, { clients, place }: Emulator, template: Template): Promise<Deployed> {
  await run.check('CloudFormation updates the stack', 180_000, async () => {
    const status = await updateStack(clients, place.endpoint, template);
    must(
      status === 'UPDATE_COMPLETE',
      `${status}: ${(await failuresOf(clients.stacks)).join(' | ').slice(0, 2_000)}`,
    );
  });
  return describe(clients.stacks);
}

const list = (words: readonly string[]): string => (words.length === 0 ? 'nothing' : words.join(', '));

/** A deployment that runs. */
export interface Running {
  readonly deployed: Deployed;
  readonly page: PageConfig;
  readonly services: readonly DeployedService[];
  readonly broker: BrokerRelay;
  readonly logRelay: LogRelay;
  /** The end of what each service wrote, for a failure. */
  lastWords(): string;
  /** The end of what this service wrote to standard output. */
  writtenBy(service: string): string;
  stop(): Promise<void>;
}

/** What a container is given besides its deployed environment, or in place of it. Anything else fails the check. */
const CHANGED: Readonly<Record<string, readonly string[]>> = {
  engine: [ENV.mqttUrl],
  correlator: [],
  publisher: [ENV.mqttUrl],
};
const ALWAYS = ['AWS_ACCESS_KEY_ID', 'AWS_ENDPOINT_URL', 'AWS_SECRET_ACCESS_KEY', 'HOST', 'PORT'];

export interface StartOptions {
  readonly keysOf: (service: DeployedService) => Promise<Keys>;
  /** Default: the workflow of the emulator. */
  readonly stateMachineArn?: string;
  /** Of kind Express, logging to the same group. Default none. */
  readonly expressStateMachineArn?: string;
  readonly logGroupName?: string;
}

/** Starts every container's service on the environment that its task definition has, with the emulator's addresses. */
export async function startServices(
  run: Run,
  emulator: Emulator,
  deployed: Deployed,
  { keysOf, ...watched }: StartOptions,
): Promise<Running> {
  const { place, clients } = emulator;
  const services = await run.check('environments are read back', 180_000, () => servicesOf(place, deployed));
  const { endpointAddress = '' } = await clients.iot.send(
    new DescribeEndpointCommand({ endpointType: 'iot:Data-ATS' }),
  );
  const broker = await startBrokerRelay({ emulator: place.endpoint, host: endpointAddress });
  run.say(`relay of ours: MQTT over WebSocket, under the name ${endpointAddress} that no resolver knows`);
  const processes: ServiceProcess[] = [];
  const jwksUrl = `${place.endpoint}/${deployed.outputs['UserPoolId'] ?? ''}/.well-known/jwks.json`;
  const addresses: Variables = {
    [ENV.mqttUrl]: `aws-iot+ws://${broker.address}/mqtt`,
    [ENV.jwksUrl]: jwksUrl,
  };
  const logRelay = startLogRelay({
    ...clients,
    stateMachineArn: STATE_MACHINE_ARN,
    logGroupName: LOG_GROUP,
    ...watched,
    onError: (thrown) => {
      run.say(`log relay: ${String(thrown)}`);
    },
  });
  run.say('relay of ours: histories of executions into the log group, which the emulator leaves empty');
  const lastWords = () =>
    processes.map(({ name, child }) => `${name}: ${child.output().slice(-2_500)}`).join('\n');
  const stop = async () => {
    await Promise.all(processes.map(({ child }) => child.end()));
    await logRelay.stop();
    await broker.close();
  };
  try {
    for (const service of services) {
      if (service.kind === 'function') {
        if (!service.name.includes('-provisioner')) continue;
        await addToFunction(place, service, { [ENV.jwksUrl]: jwksUrl });
        run.say(`changed in ${service.name}: ${ENV.jwksUrl}: not there -> ${jwksUrl}`);
        continue;
      }
      const keys = await keysOf(service);
      broker.know(keys);
      const names = CHANGED[service.name] ?? [];
      const started = await run.check(`${service.name} starts on its deployed environment`, 120_000, () =>
        startService(service, {
          ...Object.fromEntries(names.map((name) => [name, addresses[name] ?? ''])),
          AWS_ENDPOINT_URL: place.endpoint,
          AWS_ACCESS_KEY_ID: keys.accessKeyId,
          AWS_SECRET_ACCESS_KEY: keys.secretAccessKey,
        }),
      );
      processes.push(started);
      for (const change of started.changes) run.say(`changed in ${service.name}: ${change}`);
      mustEqual(
        `changes of ${service.name}`,
        started.changes.map((change) => change.split(':')[0] ?? ''),
        [...names, ...ALWAYS],
      );
    }
    for (const { name, child } of processes)
      if (name === 'publisher')
        await run.check('the publisher gets to know how many copies of it there are', 180_000, async () => {
          await child.waitForOutput(/"msg":"number of copies"/, { timeoutMs: 170_000 });
        });
    await run.check('every service says that it can work', 180_000, async () => {
      for (const { name, url } of processes)
        await until(`${name} is ready`, 170_000, () => ready(`${url}${READY_PATH}`));
    });
  } catch (thrown) {
    run.say(lastWords());
    await stop();
    throw thrown;
  }
  return {
    deployed,
    services,
    broker,
    logRelay,
    lastWords,
    writtenBy: (service) => processes.find(({ name }) => name === service)?.child.stdout() ?? '',
    page: pageOf(emulator, deployed, `ws://${broker.address}/mqtt`),
    stop,
  };
}

/** An answer that is slow is none: it is asked again. */
async function ready(url: string): Promise<true | undefined> {
  const response = await fetch(url, { signal: AbortSignal.timeout(5_000) }).catch(() => undefined);
  return response?.ok === true ? true : undefined;
}

function pageOf({ place: { endpoint } }: Emulator, { outputs }: Deployed, broker: string): PageConfig {
  const output = (name: string): string => {
    const value = outputs[name];
    if (value === undefined) throw new Error(`the stack has no output ${name}`);
    return value;
  };
  const url = new URL(output('ProvisionUrl'));
  const apiId = url.hostname.split('.')[0] ?? '';
  return {
    region: REGION,
    endpoint,
    userPoolId: output('UserPoolId'),
    userPoolClientId: output('UserPoolClientId'),
    identityPoolId: output('IdentityPoolId'),
    bucket: output('Bucket'),
    topicNamespace: output('TopicNamespace'),
    broker,
    provisionUrl: `${endpoint}/_aws/execute-api/${apiId}/$default${url.pathname}`,
  };
}

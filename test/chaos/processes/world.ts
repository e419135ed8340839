import { startFaultProxy, type FaultProxy } from '@stepcast/publisher/testing';
import type { Sandbox } from '@stepcast/sandbox';
import { startTestSandbox } from '../../support/sandbox.ts';
import { openApplication, type Application } from './application.ts';
import { findCanaries, type Canaries, type CanaryFound } from './canaries.ts';
import { SERVICE_SECRET, serviceEnvironment, type Paces } from './environment.ts';
import { Fleet, type Copies } from './fleet.ts';
import { openFrontDoor } from './front-door.ts';
import { startHttpFaultProxy, type HttpFaultProxy, type ThrottlingAnswer } from './http-fault-proxy.ts';
import { ENDPOINTS, type Endpoint } from './nemesis-plan.ts';
import { operatorTools, type OperatorTools } from './operator.ts';
import { gatherPeople } from './people.ts';
import { callWitness, type Witness } from './witness.ts';
import { writeWorkflow } from './workflow.ts';

export interface WorldOptions {
  readonly canaries: Canaries;
  readonly guests: number;
  readonly copies: Copies;
  readonly paces: Paces;
  readonly overrides: Readonly<Record<string, string>>;
  /** Longest time for which SQS hides a received message, in seconds; undefined: as the services ask for. */
  readonly maxVisibilitySeconds: number | undefined;
  readonly onLog: (name: string, text: string) => void;
}

/** The services as processes, the sandbox as their AWS, everything in between, and those who watch. */
export interface ChaosWorld {
  readonly sandbox: Sandbox;
  readonly fleet: Fleet;
  readonly endpoints: Readonly<Record<Endpoint, HttpFaultProxy>>;
  readonly broker: FaultProxy;
  readonly applications: readonly Application[];
  readonly witness: Witness;
  readonly operator: OperatorTools;
  /** Found so far in logs and on metrics pages. */
  readonly canaries: readonly CanaryFound[];
  stop(): Promise<void>;
}

/** How each endpoint says that it is asked too much (service authorization and API references of each). */
const THROTTLING: Readonly<Record<Endpoint, ThrottlingAnswer>> = {
  dynamodb: {
    status: 400,
    type: 'com.amazonaws.dynamodb.v20120810#ProvisionedThroughputExceededException',
  },
  sqs: { status: 400, type: 'com.amazonaws.sqs#RequestThrottled' },
  stepFunctions: { status: 400, type: 'ThrottlingException' },
  control: { status: 429, type: 'TooManyRequestsException' },
  jwks: { status: 503, type: 'ServiceUnavailable' },
};

/** What was opened, closed in the opposite order. */
class Closing {
  readonly #steps: (() => Promise<unknown>)[] = [];

  add(step: () => Promise<unknown>): void {
    this.#steps.push(step);
  }

  async run(): Promise<void> {
    const failures: unknown[] = [];
    for (const step of this.#steps.splice(0).toReversed())
      await step().catch((thrown: unknown) => failures.push(thrown));
    if (failures.length > 0) throw new AggregateError(failures, 'not everything was closed');
  }
}

/** Starts it all; resolves when every service answers and everybody is connected. What had started is stopped on an error. */
export async function startChaosWorld(options: WorldOptions): Promise<ChaosWorld> {
  const closing = new Closing();
  try {
    return await start(options, closing);
  } catch (thrown) {
    await closing.run();
    throw thrown;
  }
}

async function start(options: WorldOptions, closing: Closing): Promise<ChaosWorld> {
  const { canaries, maxVisibilitySeconds } = options;
  const found: CanaryFound[] = [];
  const workflow = await writeWorkflow(canaries);
  closing.add(() => workflow.remove());
  // Log records go to the forwarder, or to the engine where that is what runs.
  const logs = await openFrontDoor();
  closing.add(() => logs.close());
  const doors = { engine: logs, forwarder: logs, provisioner: await openFrontDoor() };
  closing.add(() => doors.provisioner.close());

  const sandbox = await startTestSandbox({
    argv: [...workflow.argv, '--guests'],
    environment: {
      STEPCAST_SANDBOX_SERVICE_SECRET: SERVICE_SECRET,
      STEPCAST_SANDBOX_TOKEN: SERVICE_SECRET,
      STEPCAST_SANDBOX_FORWARDER_URL: `http://127.0.0.1:${logs.port}`,
      STEPCAST_SANDBOX_PROVISIONER_URL: `http://127.0.0.1:${doors.provisioner.port}`,
      MQTT_PORT: '0',
      ...(maxVisibilitySeconds === undefined
        ? {}
        : { STEPCAST_SANDBOX_MAX_VISIBILITY_SECONDS: String(maxVisibilitySeconds) }),
    },
  });
  closing.add(() => sandbox.stop({ force: true }));

  const targetPort = Number(new URL(sandbox.url).port);
  const openProxy = async (endpoint: Endpoint) => {
    const proxy = await startHttpFaultProxy({ targetPort, throttling: THROTTLING[endpoint] });
    closing.add(() => proxy.close());
    return [endpoint, proxy] as const;
  };
  const proxies = new Map(await Promise.all(ENDPOINTS.map(openProxy)));
  const proxyOf = (endpoint: Endpoint): HttpFaultProxy => {
    const proxy = proxies.get(endpoint);
    if (proxy === undefined) throw new TypeError(`no proxy of ${endpoint}`);
    return proxy;
  };
  const endpoints = {
    dynamodb: proxyOf('dynamodb'),
    sqs: proxyOf('sqs'),
    stepFunctions: proxyOf('stepFunctions'),
    control: proxyOf('control'),
    jwks: proxyOf('jwks'),
  };
  const broker = await startFaultProxy({ port: sandbox.mqttPort });
  closing.add(() => broker.close());

  const ways = {
    dynamodb: endpoints.dynamodb.port,
    sqs: endpoints.sqs.port,
    stepFunctions: endpoints.stepFunctions.port,
    control: endpoints.control.port,
    jwks: endpoints.jwks.port,
    broker: broker.port,
  };
  const fleet = new Fleet({
    copies: options.copies,
    doors,
    environment: (service) => ({
      ...serviceEnvironment(service, sandbox.info, ways, options.paces),
      ...options.overrides,
    }),
    onLog(name, text) {
      found.push(...findCanaries('log', name, text));
      options.onLog(name, text);
    },
    onMetrics: (name, text) => found.push(...findCanaries('metrics', name, text)),
  });
  closing.add(() => fleet.stop());
  await fleet.start();

  const witness = await callWitness(sandbox);
  closing.add(() => witness.close());
  const people = await gatherPeople(sandbox, options.guests);
  const applications: Application[] = [];
  for (const who of people) {
    const application = await openApplication(who, sandbox.info.endpoints.mqttWss);
    closing.add(() => application.close());
    applications.push(application);
  }
  const operator = operatorTools(sandbox);
  closing.add(() => {
    operator.close();
    return Promise.resolve();
  });

  return {
    sandbox,
    fleet,
    endpoints,
    broker,
    applications,
    witness,
    operator,
    canaries: found,
    stop: () => closing.run(),
  };
}

import { randomUUID } from 'node:crypto';
import { S3Client } from '@aws-sdk/client-s3';
import { SQSClient } from '@aws-sdk/client-sqs';
import { QUEUE_NAMES } from '@stepcast/wire';
import {
  createSqsSender,
  errorFields,
  Lifecycle,
  systemClock,
  type Logger,
  type Metrics,
} from '@stepcast/kit';
import { fastify } from 'fastify';
import { createAccess, type Access } from './compose/access.ts';
import { addAwslogsDoor } from './compose/awslogs-door.ts';
import { bind, unbind, type Application } from './compose/bind.ts';
import { addDoor, upgradeDoor } from './compose/door.ts';
import { createEmulation, type Emulation } from './compose/emulation.ts';
import { restoreExecutions } from './compose/restore-executions.ts';
import { importFiles, registerImportRoute } from './compose/import-executions.ts';
import {
  addProvisioner,
  clientOptions,
  createIdentityPolicy,
  createTable,
  startEngine,
  type InnerEngine,
} from './compose/inner-services.ts';
import { faultSettings } from './compose/faults.ts';
import { registerFaultsRoute } from './compose/faults-route.ts';
import { registerOwnRoutes } from './compose/own-routes.ts';
import { addOperations } from './compose/operations.ts';
import { registerLiveRoute } from './compose/live-route.ts';
import { registerPage } from './compose/page.ts';
import { placeOf, PREFIXES } from './compose/place.ts';
import { ForwarderUnreachableError, postToForwarder } from './compose/post-to-forwarder.ts';
import { createRelays, type Relays } from './compose/relays.ts';
import { jwksPath, originsOf, sandboxInfo, type SandboxInfo } from './compose/sandbox-info.ts';
import type { SandboxConfig } from './config.ts';
import { openDataFolder } from './data/data-folder.ts';
import { loadTargetInput } from './events/index.ts';
import { logGroupName, LogStore } from './logs/index.ts';
import { createFront, createGuard, addUnrouted, answerBadUrl } from './front/index.ts';

/** A sandbox that runs. */
export interface Sandbox {
  /** `http://127.0.0.1:4200` */
  readonly url: string;
  /** Port of the broker's TCP listener, for services. */
  readonly mqttPort: number;
  readonly info: SandboxInfo;
  /** What routes want in `x-stepcast-token` that only scripts use. */
  readonly token: string;
  /** The emulated parts, for tests that make them misbehave. */
  readonly emulation: Emulation;
  readonly relays: Relays;
  readonly access: Access;
  /** Absent when the services run somewhere else. */
  readonly inner: InnerEngine | undefined;
  stop(options?: { readonly force: boolean }): Promise<void>;
}

export interface SandboxOptions {
  readonly config: SandboxConfig;
  readonly logger: Logger;
  /** The built demo page; without one the sandbox serves no page. */
  readonly pageDirectory?: string;
  /** The built page of operators; without one the sandbox serves its API only. */
  readonly operationsDirectory?: string;
  /** Says a line to the person who started it, when watched files change. Default: nobody hears it. */
  readonly say?: (line: string) => void;
}

/**
 * Starts everything: the emulated services behind one server, then Stepcast's own on top of them, which reach them as they
 * would reach AWS.
 *
 * @throws PortUnavailableError, DataFolderError, TargetInputError, UserWorkflowError, RecordingInvalidError, AwsError (a state machine that cannot run here). What
 * had started is stopped.
 */
export async function startSandbox(options: SandboxOptions): Promise<Sandbox> {
  const lifecycle = new Lifecycle(options.logger);
  try {
    return await start(options, lifecycle);
  } catch (thrown) {
    await lifecycle.stop({ force: true }).catch((dirty: unknown) => {
      options.logger.error(errorFields(dirty), 'not stopped cleanly');
    });
    throw thrown;
  }
}

async function start(
  { config, logger, pageDirectory, operationsDirectory, say }: SandboxOptions,
  lifecycle: Lifecycle,
): Promise<Sandbox> {
  const { server: httpServer, port, open } = await bind(config.host, config.port);
  lifecycle.onStop('http server', () => unbind(httpServer));
  const ownUrl = `http://${config.host === '0.0.0.0' ? '127.0.0.1' : config.host}:${port}`;
  const url = (config.publicUrl ?? ownUrl).replace(/\/$/, '');

  const place = placeOf(config);
  const data =
    config.data === undefined
      ? undefined
      : openDataFolder(config.data, `${place.region}, ${place.accountId}`);
  lifecycle.onStop('data', () => {
    data?.close();
    return Promise.resolve();
  });
  const token = config.token ?? randomUUID();
  const reportToken = config.reportToken ?? randomUUID();
  const access = createAccess(config, place, () => systemClock.nowMs(), token);
  const started: { emulation?: Emulation } = {};
  const faults = faultSettings(config.faults);
  const guard = createGuard({
    hosts: [...config.allowedHosts, new URL(url).hostname],
    origins: config.allowedOrigins,
  });

  // The sandbox itself reaches its parts as the operator, over the same door as everybody.
  const s3 = new S3Client({
    ...clientOptions(place, ownUrl, PREFIXES.s3, access.root),
    forcePathStyle: true,
  });
  const sqs = new SQSClient(clientOptions(place, ownUrl, PREFIXES.sqs, access.root));
  lifecycle.onStop('clients', () => {
    s3.destroy();
    sqs.destroy();
    return Promise.resolve();
  });
  const queue = (name: string) =>
    createSqsSender({ client: sqs, queueUrl: `${ownUrl}${PREFIXES.sqs}/${place.accountId}/${name}` });

  let inner: InnerEngine | undefined;
  const deliverLogs = (payload: unknown): Promise<unknown> => {
    if (config.forwarderUrl !== undefined) return postToForwarder(config.forwarderUrl, token, payload);
    if (inner === undefined)
      return Promise.reject(new ForwarderUnreachableError('it is still starting', true));
    return inner.engine.takePayload(payload);
  };

  const logStore = new LogStore({ nowMs: () => systemClock.nowMs() });
  logStore.createGroup(logGroupName(place.logGroupArn));
  // The rule of observed mode is there before the machine that it starts; nothing is uploaded in between.
  const relays = createRelays({
    config,
    faults,
    place,
    logger,
    lifecycle,
    logStore,
    inputOf: config.input === undefined ? undefined : await loadTargetInput(config.input),
    keepers:
      data === undefined
        ? undefined
        : { uploads: data.keeper('upload events'), status: data.keeper('status events') },
    targets: {
      uploads: queue(QUEUE_NAMES.uploads),
      status: queue(QUEUE_NAMES.status),
      startExecution: (name, input) => {
        const { stateMachineArn } = place;
        started.emulation?.stepFunctions.startExecution({ stateMachineArn, name, input });
      },
      deliverLogs: async (payload) => {
        await deliverLogs(payload);
      },
    },
  });
  const emulation = (started.emulation = await createEmulation({
    config,
    place,
    access,
    logger,
    lifecycle,
    publicUrl: url,
    listeners: relays,
    logStore,
    s3Client: () => s3,
    ownUrl,
    reportToken,
    data,
    say: say ?? (() => undefined),
  }));
  const info = sandboxInfo(config, place, url, () => ({
    standIns: emulation.standIns(),
    workflow: emulation.words(),
  }));
  const { broker, signaling, mounts, userPool, dynamodb } = emulation;
  const { port: mqttPort } = await broker.listenTcp({ host: config.host, port: config.mqttPort });

  const taking: { request?: Application['request'] } = {};
  const app = fastify({
    logger: false,
    bodyLimit: 1024 * 1024,
    frameworkErrors: answerBadUrl,
    serverFactory: (request) => {
      taking.request = request;
      return httpServer;
    },
  });
  addDoor(app, guard, originsOf(info));
  addUnrouted(app);
  await app.register(
    createFront({
      region: place.region,
      credentials: access.credentials,
      authorizer: access.authorizer,
      nowMs: () => systemClock.nowMs(),
      newId: randomUUID,
      log: logger,
      mounts,
    }),
  );
  await addAwslogsDoor(app, { token, deliver: deliverLogs, logger });
  const ends =
    data === undefined
      ? []
      : restoreExecutions({
          log: data.executions,
          stepFunctions: emulation.stepFunctions,
          nowMs: systemClock.nowMs(),
          onRefused: (thrown) => logger.warn(errorFields(thrown), 'execution not restored'),
        });
  await importFiles(config.recordings, emulation.stepFunctions);
  await registerImportRoute(app, emulation.stepFunctions, token);
  if (pageDirectory !== undefined) await registerPage(app, pageDirectory);
  registerLiveRoute(app);
  registerFaultsRoute(app, faults, token);
  await addOperations(app, {
    config,
    place,
    access,
    logger,
    lifecycle,
    url,
    baseUrl: ownUrl,
    token,
    metrics: () => Object.values(inner?.metrics ?? {}),
    pageDirectory: operationsDirectory,
  });
  const services = { config, place, access, logger, baseUrl: ownUrl, mqttPort, reportToken, lifecycle };
  const external = config.forwarderUrl !== undefined;
  const provisionerMetrics: Metrics[] = external ? [] : [await addProvisioner({ ...services, server: app })];
  registerOwnRoutes(app, {
    info,
    token,
    mqttUrl: `mqtt://${new URL(ownUrl).hostname}:${mqttPort}`,
    operator: access.operator,
    jwksPath: jwksPath(place),
    jwks: () => userPool.jwks(),
    ready: () => inner?.ready() ?? Promise.resolve({ ok: true, checks: {} }),
    metrics: () => [...provisionerMetrics, ...Object.values(inner?.metrics ?? {})],
  });
  await app.ready();
  // Not earlier: hooks and routes of an application that is not ready are not there yet.
  if (taking.request === undefined) throw new TypeError('the application has no server');
  open({
    request: taking.request,
    upgrade: upgradeDoor(guard, { broker, signaling }),
  });
  lifecycle.onStop('application', () => app.close());

  // What infrastructure does in AWS: the table and the policy.
  await createTable(services);
  await createIdentityPolicy(services);
  const sweep = setInterval(() => void dynamodb.sweepExpired(systemClock.nowMs()), 60_000);
  lifecycle.onStop('time to live', () => {
    clearInterval(sweep);
    return Promise.resolve();
  });

  if (!external) inner = startEngine(services);
  relays.resume();
  // What ended with the sandbox: Stepcast may not have heard of it.
  for (const { history, status, markReported } of ends) {
    relays.onHistoryEvents(history);
    if (status !== undefined) relays.onStatusChange(status);
    markReported();
  }
  return {
    url,
    mqttPort,
    info,
    token,
    emulation,
    relays,
    access,
    inner,
    stop: (how) => {
      relays.beginStop();
      return lifecycle.stop(how);
    },
  };
}

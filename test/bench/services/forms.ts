import { ENV, QUEUE_NAMES } from '@stepcast/wire';
import { BENCH_BUCKET } from '../workload.ts';
import { startServiceProcess, type ServiceProcess } from './service-process.ts';

/** The services of one deployment, and where its log events go in. */
export interface Form {
  /** Takes `POST /awslogs`. */
  readonly entry: ServiceProcess;
  readonly processes: readonly ServiceProcess[];
  /** Queue between forwarder and what reads from it. */
  readonly eventsQueueUrl: string;
  stop(): Promise<void>;
}

export interface FormOptions {
  readonly cloudUrl: string;
  readonly storeUrl: string;
  readonly brokerUrl: string;
  readonly core?: number;
  /** Makes the queues of two forms different. */
  readonly name: string;
}

function environment(options: FormOptions): {
  readonly env: Readonly<Record<string, string>>;
  readonly eventsQueueUrl: string;
} {
  const { cloudUrl, storeUrl, brokerUrl, name } = options;
  const queue = (of: string) => `${cloudUrl}/111122223333/${name}-${of}`;
  const eventsQueueUrl = queue(QUEUE_NAMES.events);
  return {
    eventsQueueUrl,
    env: {
      AWS_REGION: 'us-east-1',
      AWS_ACCESS_KEY_ID: 'AKIAIOSFODNN7EXAMPLE',
      AWS_SECRET_ACCESS_KEY: 'bench',
      AWS_ENDPOINT_URL_SQS: cloudUrl,
      AWS_ENDPOINT_URL_SFN: cloudUrl,
      AWS_ENDPOINT_URL_DYNAMODB: storeUrl,
      [ENV.bucket]: BENCH_BUCKET,
      [ENV.startMode]: 'observed',
      [ENV.uploadsQueueUrl]: queue(QUEUE_NAMES.uploads),
      [ENV.statusQueueUrl]: queue(QUEUE_NAMES.status),
      [ENV.eventsQueueUrl]: eventsQueueUrl,
      [ENV.progressQueueUrl]: queue(QUEUE_NAMES.progress),
      [ENV.deadLetterQueueUrl]: queue(QUEUE_NAMES.deadLetters),
      [ENV.mqttUrl]: brokerUrl,
      // Payloads that are decoded side by side may overtake one another; what is missing comes, nothing is looked up.
      STEPCAST_GAP_WAIT_MS: '60000',
    },
  };
}

async function startForm(
  options: FormOptions,
  services: readonly { readonly service: ServiceProcess['name']; readonly env?: Record<string, string> }[],
): Promise<Form> {
  const { env, eventsQueueUrl } = environment(options);
  const started = await Promise.allSettled(
    services.map(({ service, env: more }) =>
      startServiceProcess({
        service,
        env: { ...env, ...more },
        ...(options.core === undefined ? {} : { core: options.core }),
      }),
    ),
  );
  const processes = started.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []));
  const stop = async () => {
    await Promise.all(processes.map((one) => one.stop()));
  };
  const [entry] = processes;
  const failed = started.find((one) => one.status === 'rejected');
  if (failed !== undefined || entry === undefined) {
    await stop();
    throw failed?.reason ?? new Error('a form without services');
  }
  return { entry, processes, eventsQueueUrl, stop };
}

/** Every service for itself: a forwarder, two correlators and two publishers, with SQS between them. */
export function startApart(options: FormOptions): Promise<Form> {
  const copies = (index: number) => ({
    STEPCAST_PUBLISHER_COPIES: '2',
    STEPCAST_PUBLISHER_COPY_INDEX: String(index),
  });
  return startForm(options, [
    { service: 'forwarder' },
    { service: 'correlator' },
    { service: 'correlator' },
    { service: 'publisher', env: copies(0) },
    { service: 'publisher', env: copies(1) },
  ]);
}

/** The small form: a forwarder (elsewhere a function), the events queue, and one engine that reads from it. */
export function startSmall(options: FormOptions): Promise<Form> {
  return startForm(options, [{ service: 'forwarder' }, { service: 'correlator' }, { service: 'publisher' }]);
}

import { serviceEnvironment, type Surroundings } from './environment.ts';
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

export interface FormOptions extends Surroundings {
  readonly core?: number;
}

async function startForm(
  options: FormOptions,
  services: readonly { readonly service: ServiceProcess['name']; readonly env?: Record<string, string> }[],
): Promise<Form> {
  const { env, eventsQueueUrl } = serviceEnvironment(options);
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
  return startForm(options, [{ service: 'forwarder' }, { service: 'engine' }]);
}

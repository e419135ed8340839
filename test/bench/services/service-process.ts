import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { startChild, type BenchChild } from '../child.ts';
import { freePort } from '../../support/free-port.ts';
import { pin } from '../cores.ts';
import { Usage } from '../questions.ts';

export type ServiceName = 'forwarder' | 'correlator' | 'publisher' | 'engine';

/** A service as it is deployed: its own `main.ts`, in a process of its own. */
export interface ServiceProcess {
  readonly name: ServiceName;
  readonly url: string;
  /** @param clear whether the process collects its garbage first, so that what came before does not count */
  usage(options?: { readonly clear: boolean }): Promise<Usage>;
  /** The text of `/metrics`. */
  metrics(): Promise<string>;
  stop(): Promise<void>;
}

const services = join(import.meta.dirname, '../../../services');
const probe = pathToFileURL(join(import.meta.dirname, 'probe.ts')).href;
const READY_WITHIN_MS = 60_000;

const CONTAINER = ['--max-old-space-size=512', '--max-semi-space-size=16'];
/** Node's options where a service is deployed: see `commandOf` of `infra/cdk`. A forwarder is a function there. */
export const DEPLOYED_ARGUMENTS: Readonly<Record<ServiceName, readonly string[]>> = {
  forwarder: [],
  correlator: CONTAINER,
  publisher: CONTAINER,
  engine: CONTAINER,
};

/** Resolves when the service says that it is well. @throws Error when it does not within a minute */
async function untilHealthy(name: string, url: string): Promise<void> {
  const deadlineMs = performance.now() + READY_WITHIN_MS;
  for (let problem = 'never answered'; ;) {
    try {
      const response = await fetch(`${url}/healthz`, { signal: AbortSignal.timeout(5_000) });
      if (response.ok) return;
      problem = await response.text();
    } catch {
      // It does not listen yet.
    }
    if (performance.now() > deadlineMs) throw new Error(`${name} did not become ready: ${problem}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

/** Starts `services/{service}/src/main.ts` with a probe and the heap that it has on AWS, and resolves when it is ready. */
export async function startServiceProcess(options: {
  readonly service: ServiceName;
  readonly env: Readonly<Record<string, string>>;
  readonly core?: number;
  readonly execArgv?: readonly string[];
}): Promise<ServiceProcess> {
  const { service, core } = options;
  const port = await freePort();
  const child: BenchChild = await startChild(join(services, service, 'src/main.ts'), {
    execArgv: [...DEPLOYED_ARGUMENTS[service], '--import', probe, ...(options.execArgv ?? [])],
    env: {
      PATH: process.env['PATH'],
      HOST: '127.0.0.1',
      PORT: String(port),
      STEPCAST_LOG_LEVEL: 'error',
      ...options.env,
    },
  });
  const url = `http://127.0.0.1:${port}`;
  try {
    await untilHealthy(service, url);
    if (core !== undefined) await pin(child.pid, core);
  } catch (thrown) {
    await child.stop();
    throw thrown;
  }
  return {
    name: service,
    url,
    usage: ({ clear } = { clear: false }) => child.ask(Usage, { clear }),
    async metrics() {
      const response = await fetch(`${url}/metrics`, { signal: AbortSignal.timeout(10_000) });
      return response.text();
    },
    stop: () => child.stop(),
  };
}

import { type Containers } from './containers.ts';
import { type environmentsOf } from './environment.ts';
import { scaleByAge } from './queue-scaling.ts';
import { type Queues } from './queues.ts';
import { type Copies } from './size.ts';

/** Of correlator and publisher, where these run apart. */
export interface AllCopies {
  readonly correlator: Copies;
  readonly publisher: Copies;
}

/** Two of each for the case that one fails. */
export const DEFAULT_COPIES: AllCopies = {
  correlator: { min: 2, max: 6 },
  publisher: { min: 2, max: 4 },
};

export interface SizeProps {
  readonly containers: Containers;
  readonly environments: ReturnType<typeof environmentsOf>;
  readonly queues: Queues;
}

/**
 * One engine: a quarter of a processor and 1 GiB, of which its caches, each with a bound in bytes, take a part. Two would write
 * into the same streams, so there is never a second one but during a deployment.
 */
export function deploySmall({ containers, environments }: SizeProps): void {
  containers.service('engine', {
    cpu: 256,
    memoryMiB: 1_024,
    copies: 1,
    environment: environments.engine,
  });
}

/** Correlator and publisher, each scaled by the queue that it reads first of all. */
export function deployLarge({ containers, environments, queues }: SizeProps, copies: AllCopies): void {
  const { events, progress } = queues;
  if (progress === undefined) throw new TypeError('there is no queue between correlator and publisher');
  for (const [name, queue] of [
    ['correlator', events],
    ['publisher', progress],
  ] as const) {
    const wanted = copies[name];
    const service = containers.service(name, {
      cpu: 512,
      memoryMiB: 1_024,
      copies: typeof wanted === 'number' ? wanted : undefined,
      environment: environments[name],
    });
    if (typeof wanted !== 'number') scaleByAge(service, { queue, ...wanted });
  }
}

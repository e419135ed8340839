import type { HttpFault } from './http-fault-proxy.ts';

/** Endpoints that can be ill. */
export const ENDPOINTS = ['dynamodb', 'sqs', 'stepFunctions', 'control', 'jwks'] as const;
export type Endpoint = (typeof ENDPOINTS)[number];

export const CLOCK_SHIFT_MS = 20 * 60_000;

/** One thing that is done to the services. */
export type Deed =
  | { readonly kind: 'kill' }
  /** SIGTERM, the new copy running before the old one goes. */
  | { readonly kind: 'roll' }
  /** One copy more for a while. */
  | { readonly kind: 'extraCopy'; readonly forMs: number; readonly end: 'kill' | 'stop' }
  /** Replaced by a copy whose wall clock is wrong. */
  | { readonly kind: 'clock'; readonly shiftMs: number }
  | { readonly kind: 'cutBroker' }
  | { readonly kind: 'stallBroker'; readonly forMs: number }
  | { readonly kind: 'refuseBroker'; readonly forMs: number }
  | {
      readonly kind: 'endpoint';
      readonly endpoint: Endpoint;
      readonly fault: HttpFault;
      readonly forMs: number;
    }
  | { readonly kind: 'poison'; readonly queue: string; readonly shape: PoisonShape };

export const DEED_KINDS = [
  'kill',
  'roll',
  'extraCopy',
  'clock',
  'cutBroker',
  'stallBroker',
  'refuseBroker',
  'endpoint',
  'poison',
] as const satisfies readonly Deed['kind'][];

export const POISON_SHAPES = ['noJson', 'wrongShape', 'deep', 'halfRecord'] as const;
export type PoisonShape = (typeof POISON_SHAPES)[number];

/** How often each happens, kills apart: in between two kills at most one of these. */
const WEIGHTS: readonly (readonly [Deed['kind'], number])[] = [
  ['roll', 4],
  ['extraCopy', 3],
  ['clock', 3],
  ['cutBroker', 6],
  ['stallBroker', 2],
  ['refuseBroker', 2],
  ['endpoint', 10],
  ['poison', 6],
];

function pick<T>(items: readonly T[], random: () => number): T {
  const item = items[Math.floor(random() * items.length)];
  if (item === undefined) throw new RangeError('nothing to pick from');
  return item;
}

/** From a second to `maxMs`, short ones more often than long ones. */
function duration(random: () => number, maxMs: number): number {
  return Math.round(1_000 * (maxMs / 1_000) ** random());
}

function faultOf(random: () => number): HttpFault {
  const kind = pick(['silent', 'answersLost', 'refusing', 'throttling', 'slow'] as const, random);
  return kind === 'slow' ? { kind, delayMs: Math.round(200 + random() * 2_800) } : { kind };
}

/** What there is to choose from. */
export interface DeedChoice {
  readonly kinds: ReadonlySet<Deed['kind']>;
  /** How long anything stays ill at most. */
  readonly maxFaultMs: number;
  /** Queues that a service reads. */
  readonly queues: readonly string[];
}

/**
 * The next thing to do besides killing. The same seed gives the same deeds in the same order.
 * @param random from 0 (inclusive) to 1 (exclusive)
 * @returns undefined when there is nothing but kills to choose from
 */
export function nextDeed(random: () => number, { kinds, maxFaultMs, queues }: DeedChoice): Deed | undefined {
  const weights = WEIGHTS.filter(([kind]) => kinds.has(kind));
  let at = random() * weights.reduce((sum, [, weight]) => sum + weight, 0);
  const [kind] = weights.find(([, weight]) => (at -= weight) < 0) ?? [];
  const forMs = duration(random, maxFaultMs);
  switch (kind) {
    case undefined:
      return undefined;
    case 'kill':
    case 'roll':
    case 'cutBroker':
      return { kind };
    case 'stallBroker':
    case 'refuseBroker':
      return { kind, forMs };
    case 'extraCopy':
      return { kind, forMs, end: random() < 0.5 ? 'kill' : 'stop' };
    case 'clock':
      return { kind, shiftMs: random() < 0.5 ? CLOCK_SHIFT_MS : -CLOCK_SHIFT_MS };
    case 'endpoint':
      return { kind, endpoint: pick(ENDPOINTS, random), fault: faultOf(random), forMs };
    case 'poison':
      return { kind, queue: pick(queues, random), shape: pick(POISON_SHAPES, random) };
  }
}

/** A message that no service can make anything of. */
export function poisonOf(shape: PoisonShape, canary: string): string {
  switch (shape) {
    case 'noJson':
      return `{"version":1, ${canary}`;
    case 'wrongShape':
      return JSON.stringify({ version: 99, detail: [canary], records: canary });
    case 'deep':
      return `${'['.repeat(2_000)}"${canary}"${']'.repeat(2_000)}`;
    case 'halfRecord':
      return JSON.stringify({
        version: 1,
        executionArn: 'arn:aws:states:us-east-1:111122223333:execution:MyWorkflow:poison',
        records: [{ id: -1, type: canary }],
      });
  }
}

/** In words, for the journal of a run. */
export function describeDeed(deed: Deed): string {
  switch (deed.kind) {
    case 'endpoint':
      return `${deed.endpoint} ${deed.fault.kind} for ${deed.forMs} ms`;
    case 'stallBroker':
    case 'refuseBroker':
      return `${deed.kind} for ${deed.forMs} ms`;
    case 'extraCopy':
      return `extra copy for ${deed.forMs} ms, then ${deed.end}`;
    case 'clock':
      return `clock ${deed.shiftMs / 60_000} min`;
    case 'poison':
      return `poison (${deed.shape}) on ${deed.queue}`;
    case 'kill':
    case 'roll':
    case 'cutBroker':
      return deed.kind;
  }
}

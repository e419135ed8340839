import { CLOUDWATCH_METRICS } from '@stepcast/wire';
import type { Form } from './metered-engine.ts';
import type { Use } from './prices.ts';

const HOURS = 730;
const SECONDS = HOURS * 3_600;

export interface Container {
  readonly name: string;
  readonly copies: number;
  readonly vcpu: number;
  readonly gb: number;
  readonly cpu: 'arm' | 'x86';
}

export interface Deployment {
  readonly form: Form;
  readonly containers: readonly Container[];
  /** Receives under way all the time, by kind of queue; each long poll that brings nothing is a request. */
  readonly pollers: { readonly fifo: number; readonly standard: number };
  readonly pollSeconds: number;
  readonly alarms: number;
  /** Connections to the broker that are always open. */
  readonly connections: number;
  /** Public IPv4 addresses: one for each container in a VPC without another way out. */
  readonly addresses: number;
  /** Turns of the comparison of attachments with identities. */
  readonly comparisons: number;
}

/** Assumption: what a comparison takes in a pool of a few hundred identities, in seconds, with 0.5 GB. */
const COMPARISON = { seconds: 5, gb: 0.5 } as const;

export function usesOfContainer({ name, copies, vcpu, gb, cpu }: Container): Use[] {
  const what = `${name}: ${copies} × ${vcpu} vCPU, ${gb} GB, ${cpu === 'arm' ? 'ARM' : 'x86'}`;
  return [
    {
      service: 'Fargate',
      what,
      price: cpu === 'arm' ? 'armCpuHour' : 'x86CpuHour',
      amount: copies * vcpu * HOURS,
    },
    {
      service: 'Fargate',
      what,
      price: cpu === 'arm' ? 'armGbHour' : 'x86GbHour',
      amount: copies * gb * HOURS,
    },
  ];
}

/** What a deployment uses in a month in which nothing happens. */
export function usesOfIdleMonth(deployment: Deployment): Use[] {
  const { containers, pollers, pollSeconds, alarms, connections, addresses, comparisons } = deployment;
  const polls = SECONDS / pollSeconds;
  return [
    ...containers.flatMap(usesOfContainer),
    ...usesOfAddresses(addresses),
    ...usesOfComparisons(comparisons),
    { service: 'SQS', what: 'long polls, FIFO queues', price: 'fifoRequest', amount: pollers.fifo * polls },
    {
      service: 'SQS',
      what: 'long polls, standard queues',
      price: 'standardRequest',
      amount: pollers.standard * polls,
    },
    { service: 'CloudWatch', what: 'alarms', price: 'alarm', amount: alarms },
    {
      service: 'IoT Core',
      what: 'connections of Stepcast',
      price: 'iotMinute',
      amount: connections * HOURS * 60,
    },
  ];
}

/** As infra/cdk deploys it by default. Events queue 4 pollers, uploads 2, status 2; apart, 4 more for each publisher. */
export const ENGINE: Deployment = {
  form: 'engine',
  containers: [{ name: 'engine', copies: 1, vcpu: 0.25, gb: 1, cpu: 'arm' }],
  pollers: { fifo: 4, standard: 4 },
  pollSeconds: 8,
  alarms: 16,
  connections: 2,
  addresses: 1,
  comparisons: HOURS,
};

/** The size `large` at its least number of copies. */
export const APART: Deployment = {
  form: 'apart',
  containers: [
    { name: 'correlator', copies: 2, vcpu: 0.5, gb: 1, cpu: 'arm' },
    { name: 'publisher', copies: 2, vcpu: 0.5, gb: 1, cpu: 'arm' },
  ],
  pollers: { fifo: 16, standard: 8 },
  pollSeconds: 8,
  // Four of them scale.
  alarms: 22,
  connections: 4,
  addresses: 4,
  comparisons: HOURS,
};

/** Metrics that have values whenever there are uploads; the others have some only when something is wrong. */
const METRICS_IN_USE = [
  CLOUDWATCH_METRICS.arrivalLag,
  CLOUDWATCH_METRICS.handoverLag,
  CLOUDWATCH_METRICS.deliveryLag,
];

/** What a month adds in which every hour has uploads: the metrics of one's own, charged by the hour in which they have values. */
export function usesOfBusyHours(hours = HOURS): Use[] {
  return [
    {
      service: 'CloudWatch',
      what: `${METRICS_IN_USE.map(({ name }) => name).join(', ')}: metrics of one’s own`,
      price: 'customMetric',
      amount: (METRICS_IN_USE.length * hours) / HOURS,
    },
  ];
}

export function usesOfAddresses(tasks: number): Use[] {
  return [{ service: 'VPC', what: 'public IPv4 addresses', price: 'ipv4Hour', amount: tasks * HOURS }];
}

function usesOfComparisons(turns: number): Use[] {
  const what = 'comparison of attachments, hourly';
  const { seconds, gb } = COMPARISON;
  return [
    { service: 'Lambda', what, price: 'invocation', amount: turns },
    { service: 'Lambda', what, price: 'functionGbSecond', amount: turns * seconds * gb },
  ];
}

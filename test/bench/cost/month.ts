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
}

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
  const { containers, pollers, pollSeconds, alarms, connections } = deployment;
  const polls = SECONDS / pollSeconds;
  return [
    ...containers.flatMap(usesOfContainer),
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

const PROVISIONER: Container = { name: 'provisioner', copies: 1, vcpu: 0.25, gb: 0.5, cpu: 'arm' };

/** Events queue 4 pollers, uploads 2, status 2; apart, 4 more for each publisher. */
export const ENGINE: Deployment = {
  form: 'engine',
  containers: [{ name: 'engine', copies: 1, vcpu: 0.25, gb: 1, cpu: 'arm' }],
  pollers: { fifo: 4, standard: 4 },
  pollSeconds: 8,
  alarms: 7,
  connections: 2,
};

export const APART: Deployment = {
  form: 'apart',
  containers: [
    { name: 'correlator', copies: 2, vcpu: 0.5, gb: 1, cpu: 'x86' },
    { name: 'publisher', copies: 2, vcpu: 0.5, gb: 1, cpu: 'x86' },
  ],
  pollers: { fifo: 16, standard: 8 },
  pollSeconds: 8,
  alarms: 8,
  connections: 4,
};

export const usesOfProvisioner = (): Use[] => usesOfContainer(PROVISIONER);

export function usesOfAddresses(tasks: number): Use[] {
  return [{ service: 'VPC', what: 'public IPv4 addresses', price: 'ipv4Hour', amount: tasks * HOURS }];
}

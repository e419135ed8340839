import { type VARIANTS } from './variants.ts';

const small = ['plain', 'fullSmall'] as const;
const large = ['full', 'existing'] as const;
export type Name = keyof typeof VARIANTS;
export const names: readonly Name[] = [...small, ...large];
export const isFull = (name: Name) => name === 'full' || name === 'fullSmall';
export const isSmall = (name: Name) => small.some((one) => one === name);

/** Deployed as functions, under the name of their role. */
export const FUNCTIONS = {
  forwarder: 'stepcast-forwarder',
  byToken: 'stepcast-provisioner-token',
  reconcile: 'stepcast-provisioner-reconcile',
  firstLogins: 'stepcast-provisioner-logins',
} as const;
export type FunctionName = keyof typeof FUNCTIONS;
export type DeployedName = FunctionName | 'engine' | 'correlator' | 'publisher';
export const isFunction = (service: DeployedName): service is FunctionName => service in FUNCTIONS;

/** What runs in a variant. */
export function servicesOf(name: Name): readonly DeployedName[] {
  const containers = isSmall(name) ? (['engine'] as const) : (['correlator', 'publisher'] as const);
  const logins = isFull(name) ? (['firstLogins'] as const) : [];
  return ['forwarder', ...containers, 'byToken', 'reconcile', ...logins];
}

/** Whose sources a service consists of. */
export function packagesOf(service: DeployedName): readonly string[] {
  if (service === 'engine') return ['engine', 'correlator', 'publisher'];
  return [isFunction(service) && service !== 'forwarder' ? 'provisioner' : service];
}

/** Attaches the IoT policy to the identity that Cognito proves. */
export {
  composeProvisioner,
  createProvisioner,
  type Provisioner,
  type ProvisionerOptions,
  type ProvisionerParts,
} from './compose.ts';
export { readProvisionerConfig, type ProvisionerConfig } from './config.ts';
export { createFirstLoginsHandler, type FirstLoginsQueueOptions } from './first-logins-queue.ts';
export { createProvisionLambda, type ProvisionLambdaOptions, type ProxyAnswer } from './lambda-handler.ts';
export { startProvisioner, type ProvisionerServiceOptions } from './service.ts';
export type { Reconciliation } from './application/reconcile-attachments.ts';
export type { WantedMapping } from './domain/pool-roles.ts';
export * from './errors.ts';

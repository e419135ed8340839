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
export { createProvisionLambda, type ProvisionLambdaOptions } from './lambda-handler.ts';
export { type ProxyAnswer } from './functions/http-answer.ts';
export { createTokenFunction, type TokenFunctionOptions } from './functions/by-token.ts';
export { createFirstLoginsFunction, type BatchAnswer } from './functions/first-logins.ts';
export { createReconcileFunction } from './functions/reconcile.ts';
export { startProvisioner, type ProvisionerServiceOptions } from './service.ts';
export type { Reconciliation } from './application/reconcile-attachments.ts';
export type { WantedMapping } from './domain/pool-roles.ts';
export * from './errors.ts';

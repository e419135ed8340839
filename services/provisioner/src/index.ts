/** Attaches the IoT policy to the identity that Cognito proves. */
export { composeProvisioner, type ProvisionerOptions } from './compose.ts';
export { readProvisionerConfig, type ProvisionerConfig } from './config.ts';
export * from './errors.ts';

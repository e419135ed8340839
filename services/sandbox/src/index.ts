/** Everything Stepcast needs of AWS, in one process. `startSandbox` is what `npm start` runs. */
export { externalAccessKeyId } from './compose/access.ts';
export { serviceEnvironment } from './compose/inner-services.ts';
export type { SandboxInfo } from './compose/sandbox-info.ts';
/** For tests that have a service answer so. */
export { AwsError } from './core/index.ts';
export { readSandboxConfig, type SandboxConfig } from './config.ts';
export { USAGE } from './options.ts';
export { startSandbox, type Sandbox, type SandboxOptions } from './sandbox.ts';

/** Forwarder, correlator and publisher in one process: what is deployed by default, and what sandbox and bench run. */
export {
  createEngine,
  createEngineMetrics,
  type Engine,
  type EngineMetrics,
  type EngineOptions,
} from './compose.ts';
export { ENGINE_ENV, readEngineConfig, type EngineConfig } from './config.ts';
export { PayloadPostponedError } from './payload-intake.ts';
export { createEngineServer } from './server.ts';

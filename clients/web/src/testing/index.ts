/**
 * For tests of apps: a broker, a service, a device and a clock that do as a test asks, and the suite that every
 * transport has to pass.
 */
export { FakeConnection, FakeTransport, matches, type PublishedMessage } from './fake-transport.ts';
export { FakeEnvironment } from './fake-environment.ts';
export { type EventDraft, FakeService, type Publish } from './fake-service.ts';
export { ManualRuntime, repeatable } from './manual-runtime.ts';
export {
  type ConformanceBroker,
  type ConformanceCheck,
  transportConformance,
} from './transport-conformance.ts';

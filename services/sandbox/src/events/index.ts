export { createEventBus, type EventBusOptions } from './event-bus.ts';
export {
  type EventBridgeEvent,
  type EventEnvelope,
  objectCreatedEvent,
  type ObjectCreatedInput,
  statusChangeEvent,
  type StatusChangeInput,
} from './event-bridge.ts';
export {
  type EventFaults,
  type EventProblem,
  EventRelay,
  type EventRelayOptions,
  type EventRelayStatistics,
} from './event-relay.ts';
export { type InputOfEvent, loadTargetInput } from './target-input.ts';

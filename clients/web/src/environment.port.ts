/**
 * What the device tells about itself.
 *
 * - `online`, `offline`: the network came, went
 * - `visible`, `hidden`: the page is shown, hidden
 * - `wake`: the device slept, or the page was frozen; a connection may be dead without knowing it
 * - `leave`: the page may be gone in a moment; the last chance to store something
 */
export type EnvironmentEvent = 'online' | 'offline' | 'visible' | 'hidden' | 'wake' | 'leave';

/** A view of the device. Browsers get one by default, Node gets {@link steadyEnvironment}. */
export interface Environment {
  readonly online: boolean;
  /** Starts telling; returns what stops it. */
  observe(listener: (event: EnvironmentEvent) => void): () => void;
}

/** An environment where nothing ever happens: servers. */
export const steadyEnvironment: Environment = {
  online: true,
  observe: () => () => undefined,
};

import {
  ConnectFailedError,
  ConnectionLostError,
  PublishRefusedError,
  type IncomingMqttMessage,
  type MqttMessage,
  type MqttPublisher,
  type MqttSession,
} from '../ports/mqtt-publisher.port.ts';

export interface FakeMessage extends MqttMessage {
  readonly clientId: string;
}

/** What becomes of a message; `delay`: it is on its way until `deliverDelayed`. */
type Decision = 'take' | 'delay' | 'close' | 'loseThenClose' | number;

/**
 * A broker in memory. By default it acknowledges everything in the next turn; it can be made to hold its
 * acknowledgements, refuse messages, close connections and be away.
 */
export interface FakeBroker extends MqttPublisher {
  /** What it took, in order, also when its acknowledgement was lost. */
  readonly received: readonly FakeMessage[];
  readonly connects: number;
  readonly open: number;
  /** Messages that wait for an acknowledgement. */
  readonly unacknowledged: number;
  up(isUp: boolean): void;
  /** Ends all connections; `lose` forgets what was not acknowledged, else it was taken and only the PUBACK is lost. */
  drop(): void;
  /** While holding, nothing is acknowledged. */
  hold(isHolding: boolean): void;
  /** Acknowledges the oldest so many of what is held. */
  acknowledge(count: number): void;
  onPublish(decide: (message: FakeMessage) => Decision): void;
  /** Takes what was delayed, as a network does that was stuck. */
  deliverDelayed(): void;
  /** The same, and ends all connections before anything is acknowledged. */
  deliverThenDrop(): void;
  request(message: IncomingMqttMessage): void;
  retained(topic: string): Uint8Array | undefined;
}

/**
 * @param traits what its sessions say of it
 * @param roundTrip called with each acknowledgement that is due; default: acknowledged in the next turn
 */
export function createFakeBroker(
  traits: Partial<MqttSession['traits']> = {},
  roundTrip?: (acknowledge: () => void) => void,
): FakeBroker {
  const received: FakeMessage[] = [];
  const retained = new Map<string, Uint8Array>();
  const sessions = new Set<{ end: (reason: string) => void }>();
  const subscribers = new Set<(message: IncomingMqttMessage) => void>();
  let waiting: { readonly settle: () => void }[] = [];
  let connects = 0;
  let isUp = true;
  let holding = false;
  let delayed: (() => void)[] = [];
  let decide: (message: FakeMessage) => Decision = () => 'take';

  function sessionOf(clientId: string): MqttSession {
    const closed = Promise.withResolvers<Error>();
    const pending = new Set<(error: Error) => void>();
    const handlers: ((message: IncomingMqttMessage) => void)[] = [];
    let ended: ConnectionLostError | undefined;
    const end = (reason: string) => {
      if (ended !== undefined) return;
      ended = new ConnectionLostError(reason);
      sessions.delete(handle);
      for (const handler of handlers) subscribers.delete(handler);
      closed.resolve(ended);
      for (const fail of pending) fail(ended);
      pending.clear();
    };
    const handle = { end };
    sessions.add(handle);

    function acknowledgeLater(settle: () => void): void {
      if (roundTrip !== undefined) {
        roundTrip(settle);
        return;
      }
      waiting.push({ settle });
      if (!holding) queueMicrotask(releaseAll);
    }

    return {
      traits: {
        receiveMaximum: undefined,
        maximumPacketBytes: undefined,
        sharedSubscriptions: true,
        ...traits,
      },
      closed: closed.promise,
      publish(message) {
        if (ended !== undefined) return Promise.reject(ended);
        const whole = { ...message, clientId };
        const decision = decide(whole);
        if (typeof decision === 'number')
          return Promise.reject(new PublishRefusedError(`reason code ${decision}`, decision));
        const take = () => {
          received.push(whole);
          if (message.retain) retained.set(message.topic, message.payload);
        };
        if (decision === 'take') take();
        const result = Promise.withResolvers<void>();
        const fail = (error: Error) => {
          pending.delete(fail);
          result.reject(error);
        };
        pending.add(fail);
        const acknowledge = () => {
          acknowledgeLater(() => {
            if (pending.delete(fail)) result.resolve();
          });
        };
        if (decision === 'take') acknowledge();
        else if (decision === 'delay')
          delayed.push(() => {
            take();
            acknowledge();
          });
        else
          queueMicrotask(() => {
            end('the broker closed the connection');
          });
        return result.promise;
      },
      subscribe(_filter, onMessage) {
        if (ended !== undefined) return Promise.reject(ended);
        handlers.push(onMessage);
        subscribers.add(onMessage);
        return Promise.resolve();
      },
      close() {
        end('closed by us');
        return Promise.resolve();
      },
    };
  }

  function releaseAll(): void {
    if (holding) return;
    const ready = waiting;
    waiting = [];
    for (const { settle } of ready) settle();
  }

  return {
    received,
    get connects() {
      return connects;
    },
    get open() {
      return sessions.size;
    },
    get unacknowledged() {
      return waiting.length;
    },
    connect({ clientId }) {
      connects += 1;
      return isUp
        ? Promise.resolve(sessionOf(clientId))
        : Promise.reject(new ConnectFailedError('the broker is away'));
    },
    up(now) {
      isUp = now;
      if (!now) this.drop();
    },
    drop() {
      waiting = [];
      for (const { end } of sessions) end('the broker went away');
    },
    hold(now) {
      holding = now;
      releaseAll();
    },
    acknowledge(count) {
      for (const { settle } of waiting.splice(0, count)) settle();
    },
    onPublish(next) {
      decide = next;
    },
    deliverDelayed() {
      const arriving = delayed;
      delayed = [];
      for (const arrive of arriving) arrive();
    },
    deliverThenDrop() {
      this.deliverDelayed();
      this.drop();
    },
    request(message) {
      for (const subscriber of subscribers) subscriber(message);
    },
    retained: (topic) => retained.get(topic),
  };
}

import type { ISubscription } from 'mqtt-packet';
import { checkFilter, IOT_LIMITS, REASON } from './limits.ts';

const SHARE = '$share/';
/** What stands for `$share/` between the guard and aedes, which refuses the real one. Nobody can publish below `$`. */
const SHARE_ALIAS = '$shared/';
/** A filter that the guard refused; the broker denies everything below it. */
const REFUSED = '$refused/';

/** The filter as aedes sees it. */
export function toWire(filter: string): string {
  return filter.startsWith(SHARE) ? SHARE_ALIAS + filter.slice(SHARE.length) : filter;
}

/** The filter as the client sent it; undefined when the guard had refused it. */
export function fromWire(filter: string): string | undefined {
  if (filter.startsWith(REFUSED)) return undefined;
  return filter.startsWith(SHARE_ALIAS) ? SHARE + filter.slice(SHARE_ALIAS.length) : filter;
}

export interface RewrittenSubscribe {
  readonly subscriptions: ISubscription[];
  /** Whether anything differs from what the client sent. */
  readonly changed: boolean;
  /** Turns the codes that aedes granted into one per filter that the client asked for, in its order. */
  codesFor(granted: readonly number[]): number[];
}

/**
 * Prepares the filters of one SUBSCRIBE for aedes: shared ones under their alias, those over a limit in a form that is
 * refused. Aedes drops repeated filters and then answers too few codes; `codesFor` puts that right too.
 *
 * @param held filters that the connection is subscribed to already
 */
export function rewriteSubscribe(
  subscriptions: readonly ISubscription[],
  held: ReadonlySet<string>,
): RewrittenSubscribe {
  const refusals = new Map<number, number>();
  const fresh = new Set<string>();
  const wire = subscriptions.map((subscription, i) => {
    const check = checkFilter(subscription.topic);
    const isNew = !held.has(subscription.topic) && !fresh.has(subscription.topic);
    let refusal = check.ok ? undefined : check.reasonCode;
    if (refusal === undefined && isNew && held.size + fresh.size >= IOT_LIMITS.subscriptionsPerConnection)
      refusal = REASON.quotaExceeded;
    if (refusal === undefined) {
      if (isNew) fresh.add(subscription.topic);
      return { ...subscription, topic: toWire(subscription.topic) };
    }
    refusals.set(i, refusal);
    return { ...subscription, topic: `${REFUSED}${i}` };
  });
  return {
    subscriptions: wire,
    changed: wire.some(({ topic }, i) => topic !== subscriptions[i]?.topic),
    codesFor(granted) {
      // In the order in which aedes keeps them: that of an object's keys.
      const order = Object.keys(Object.fromEntries(wire.map(({ topic }) => [topic, true])));
      const codes = new Map(order.map((topic, i) => [topic, granted[i] ?? 0x80]));
      return wire.map(({ topic }, i) => refusals.get(i) ?? codes.get(topic) ?? 0x80);
    },
  };
}

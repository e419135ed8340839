import {
  LAG_BUCKETS,
  type CounterMetric,
  type GaugeMetric,
  type HistogramMetric,
  type Metrics,
} from '@stepcast/kit';

type Count = (amount?: number) => void;

/** What the publisher counts. */
export interface PublisherMetrics {
  /** Handovers, by `outcome`: published, duplicate, deadLettered. */
  readonly handovers: CounterMetric;
  /** Messages the broker acknowledged, by `kind`: events, state, overview, reply. */
  readonly messages: CounterMetric;
  /** Progress events in acknowledged messages, by `from`: handover, journal. */
  readonly events: CounterMetric;
  /** Messages from which something was left out to stay within the limit, by `kind`. */
  readonly truncated: CounterMetric;
  /** States that were never sent because a newer one came before their time. */
  readonly coalescedStates: CounterMetric;
  /** Dead letters that were stored, by `code`. */
  readonly deadLettered: CounterMetric;
  /** Dead letters that their queue refused for good, by `code`. */
  readonly deadLettersRefused: CounterMetric;
  /** Catch-up requests, by `outcome`. */
  readonly catchUps: CounterMetric;
  /** Gaps between handovers, by `outcome`: filled, unavailable. */
  readonly gaps: CounterMetric;
  /** Attempts to connect again, by `connection`: publish, requests. */
  readonly reconnects: CounterMetric;
  /** Requests that were held back and made again, by `service`: dynamodb, iot. */
  readonly throttled: CounterMetric;
  readonly inFlight: GaugeMetric;
  readonly connections: GaugeMetric;
  /** From the oldest event of a message to its PUBACK, in seconds. */
  readonly deliveryLag: HistogramMetric;
  /** What every message runs through, under labels that are named once. */
  readonly count: {
    readonly handovers: Readonly<Record<'published' | 'duplicate', Count>>;
    readonly messages: Readonly<Record<'events' | 'state' | 'overview', Count>>;
    readonly events: Readonly<Record<'handover' | 'journal', Count>>;
  };
}

export function createPublisherMetrics(metrics: Metrics): PublisherMetrics {
  const handovers = metrics.counter('handovers_total', 'Handovers taken', ['outcome']);
  const messages = metrics.counter('messages_published_total', 'Messages that the broker acknowledged', [
    'kind',
  ]);
  const events = metrics.counter('events_published_total', 'Progress events in acknowledged messages', [
    'from',
  ]);
  return {
    handovers,
    messages,
    events,
    truncated: metrics.counter('messages_truncated_total', 'Messages with details left out', ['kind']),
    coalescedStates: metrics.counter('states_coalesced_total', 'States that a newer one replaced'),
    deadLettered: metrics.counter('dead_lettered_total', 'Messages given up', ['code']),
    deadLettersRefused: metrics.counter(
      'dead_letters_refused_total',
      'Dead letters that their queue refused for good',
      ['code'],
    ),
    catchUps: metrics.counter('catch_up_requests_total', 'Catch-up requests', ['outcome']),
    gaps: metrics.counter('handover_gaps_total', 'Gaps between handovers', ['outcome']),
    reconnects: metrics.counter('reconnects_total', 'Attempts to connect again', ['connection']),
    throttled: metrics.counter('throttled_total', 'Requests that a service held back, made again later', [
      'service',
    ]),
    inFlight: metrics.gauge('messages_in_flight', 'Messages without PUBACK'),
    connections: metrics.gauge('connections', 'Connections of the pool'),
    deliveryLag: metrics.histogram(
      'delivery_lag_seconds',
      'From the oldest event of a message to its PUBACK',
      LAG_BUCKETS,
    ),
    count: {
      handovers: {
        published: handovers.bound({ outcome: 'published' }),
        duplicate: handovers.bound({ outcome: 'duplicate' }),
      },
      messages: {
        events: messages.bound({ kind: 'events' }),
        state: messages.bound({ kind: 'state' }),
        overview: messages.bound({ kind: 'overview' }),
      },
      events: {
        handover: events.bound({ from: 'handover' }),
        journal: events.bound({ from: 'journal' }),
      },
    },
  };
}

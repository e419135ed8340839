/**
 * Which of our counters become metrics of CloudWatch. Services write them, alarms and the dashboard read them. Each costs $0.30 a
 * month while it has values, so there are few: the lags, which have values whenever there are uploads, and what is none in good times.
 */

/** CloudWatch namespace of all of them. */
export const METRICS_NAMESPACE = 'Stepcast';
/** Their only dimension: the name of the deployment. */
export const DEPLOYMENT_DIMENSION = 'Deployment';

interface CloudWatchMetric {
  readonly name: string;
  readonly unit: 'Count' | 'Seconds';
  /** Prometheus names, with the label values that count; a sign where they are subtracted. */
  readonly from: readonly {
    readonly metric: string;
    readonly labels?: Readonly<Record<string, string>>;
    readonly sign?: -1;
  }[];
  readonly help: string;
}

export const CLOUDWATCH_METRICS = {
  arrivalLag: {
    name: 'ArrivalLag',
    unit: 'Seconds',
    from: [{ metric: 'stepcast_correlator_arrival_lag_seconds' }],
    help: 'From the oldest log event of a batch to the correlator: CloudWatch Logs, forwarder, events queue',
  },
  handoverLag: {
    name: 'HandoverLag',
    unit: 'Seconds',
    from: [{ metric: 'stepcast_correlator_handover_lag_seconds' }],
    help: 'From the oldest event of an entry to its handover: the above, order, owner, journal',
  },
  deliveryLag: {
    name: 'DeliveryLag',
    unit: 'Seconds',
    from: [{ metric: 'stepcast_publisher_delivery_lag_seconds' }],
    help: 'From the oldest event of a message to its PUBACK: all of it',
  },
  quarantined: {
    name: 'Quarantined',
    unit: 'Count',
    from: [
      { metric: 'stepcast_correlator_records_total', labels: { outcome: 'quarantined' } },
      { metric: 'stepcast_correlator_uploads_total', labels: { outcome: 'quarantined' } },
    ],
    help: 'Records and upload events that are held back because proofs of their owner contradict each other',
  },
  parked: {
    name: 'Parked',
    unit: 'Count',
    from: [
      { metric: 'stepcast_correlator_records_parked_total', labels: { direction: 'in' } },
      { metric: 'stepcast_correlator_records_parked_total', labels: { direction: 'out' }, sign: -1 },
    ],
    help: 'Records that were parked, less those that left parking',
  },
  throttled: {
    name: 'Throttled',
    unit: 'Count',
    from: [
      { metric: 'stepcast_correlator_throttled_total' },
      { metric: 'stepcast_publisher_throttled_total' },
    ],
    help: 'Requests that DynamoDB or AWS IoT held back, each of which was made again',
  },
} as const satisfies Readonly<Record<string, CloudWatchMetric>>;

/** Written by the services themselves: minutes at whose end one was not ready. */
export const NOT_READY = 'NotReady';
/** The same: starts of a service. */
export const STARTED = 'Started';

export const PUBLISHED_METRICS: readonly CloudWatchMetric[] = Object.values(CLOUDWATCH_METRICS);

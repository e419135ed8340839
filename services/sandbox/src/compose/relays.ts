import { randomUUID } from 'node:crypto';
import {
  errorFields,
  systemClock,
  systemTimers,
  type Lifecycle,
  type Logger,
  type QueueSender,
} from '@stepcast/kit';
import { FULL_LOGGING, neededStatuses, REPORTS_FILTER_SUFFIX } from '@stepcast/wire';
import { seededRandom } from './seeded-random.ts';
import type { SandboxConfig } from '../config.ts';
import type { Keeper } from '../core/index.ts';
import {
  EventRelay,
  objectCreatedEvent,
  statusChangeEvent,
  type EventBridgeEvent,
  type EventFaults,
  type EventProblem,
  type InputOfEvent,
} from '../events/index.ts';
import {
  createLogDelivery,
  type LogDelivery,
  type LogStore,
  type SubscriptionPayload,
} from '../logs/index.ts';
import type { ObjectCreated } from '../s3/index.ts';
import type { RecordedHistory, StatusChangeDetail } from '../stepfunctions/index.ts';
import type { FaultSettings } from './faults.ts';
import type { Place } from './place.ts';

export interface RelayTargets {
  readonly uploads: QueueSender;
  readonly status: QueueSender;
  /** Starts an execution as a rule of EventBridge does; called in observed mode only. */
  readonly startExecution: (name: string, input: string) => void;
  readonly deliverLogs: (payload: SubscriptionPayload) => Promise<void>;
}

/** What carries events from the emulated services to Stepcast: EventBridge rules and the log group's subscription filter. */
export interface Relays {
  readonly onObjectCreated: (created: ObjectCreated) => void;
  readonly onHistoryEvents: (history: RecordedHistory) => void;
  readonly onStatusChange: (detail: StatusChangeDetail) => void;
  readonly onFunctionLine: (functionName: string, line: string) => void;
  readonly logs: LogDelivery;
  /** Delivers what an earlier run has not. */
  resume(): void;
  /** From now on the sandbox stops: what is not delivered any more is counted, and not warned of one by one. */
  beginStop(): void;
  /** Events and log records that were given up since `beginStop`. */
  undelivered(): number;
}

/** Like the rule of `s3-events`: an empty object whose name ends in a slash is a folder that a console made, not an upload. */
function isFolder(created: ObjectCreated): boolean {
  return created.size === 0 && created.key.endsWith('/');
}

export function createRelays(options: {
  readonly config: SandboxConfig;
  readonly faults: FaultSettings;
  readonly place: Place;
  readonly logger: Logger;
  readonly lifecycle: Lifecycle;
  readonly targets: RelayTargets;
  /** Gets what the log group gets. */
  readonly logStore: LogStore;
  /** Where events are stored until they are delivered. Default: nowhere. */
  readonly keepers?: { readonly uploads: Keeper; readonly status: Keeper } | undefined;
  /** What the rule of observed mode gives to the workflow. Default: the event. */
  readonly inputOf?: InputOfEvent | undefined;
}): Relays {
  const { config, faults, place, logger, lifecycle, targets, logStore } = options;
  const inputOf = options.inputOf ?? JSON.stringify;
  const random = seededRandom(config.seed);
  let isStopping = false;
  let undelivered = 0;

  /** Whether a problem comes of the stop itself. Those are no warnings: the person who stops the sandbox expects them. */
  function belongsToStop({ kind }: { readonly kind: string }, records = 1): boolean {
    if (isStopping && kind === 'lost') undelivered += records;
    return isStopping;
  }

  const relayTo = (queue: QueueSender, misbehaving: EventFaults, keeper: Keeper | undefined) =>
    new EventRelay({
      keeper,
      timers: systemTimers,
      random,
      faults: misbehaving,
      send: (body) => queue.send([{ body }]),
      onProblem: (problem: EventProblem) => {
        if (belongsToStop(problem)) return;
        logger.warn(
          { problem: problem.kind, ...('error' in problem ? errorFields(problem.error) : {}) },
          'event not delivered',
        );
      },
    });
  const uploads = relayTo(targets.uploads, faults.ofUploads, options.keepers?.uploads);
  const status = relayTo(targets.status, faults.ofStatuses, options.keepers?.status);
  const deliveryBy = (subscriptionFilter: string) =>
    createLogDelivery({
      subscriptionFilter,
      accountId: place.accountId,
      clock: systemClock,
      timers: systemTimers,
      random,
      faults: faults.ofLogs,
      // A payload is under way until the broker has all that came of it; as many may be as Lambda would run side by side.
      concurrency: 64,
      deliver: targets.deliverLogs,
      onWritten: (group, stream, record) => {
        logStore.append(group, stream, [record]);
      },
      onProblem: (problem) => {
        if (belongsToStop(problem, problem.records)) return;
        logger.warn(
          {
            problem: problem.kind,
            records: problem.records,
            ...('error' in problem ? errorFields(problem.error) : {}),
          },
          'log records not delivered',
        );
      },
    });
  const logs = deliveryBy('stepcast');
  const reports = deliveryBy(`stepcast${REPORTS_FILTER_SUFFIX}`);
  lifecycle.onStop('upload events', () => uploads.close());
  lifecycle.onStop('status events', () => status.close());
  lifecycle.onStop('log delivery', () => logs.close());
  lifecycle.onStop('report delivery', () => reports.close());
  const envelope = () => ({ id: randomUUID(), accountId: place.accountId, region: place.region });

  function startByRule(event: EventBridgeEvent): void {
    // As EventBridge names them: its event's id, then something of its own.
    const name = `${event.id}_${randomUUID()}`.slice(0, 80);
    try {
      targets.startExecution(name, inputOf(event));
    } catch (thrown) {
      logger.warn(errorFields(thrown), 'rule did not start the workflow');
    }
  }

  // Its machine logs everything. Of other machines, imported ones, every status comes.
  const statuses: readonly string[] = neededStatuses(config.mode, FULL_LOGGING);
  const ruleMatches = ({ stateMachineArn, status: one }: StatusChangeDetail): boolean =>
    stateMachineArn !== place.stateMachineArn || statuses.includes(one);

  return {
    onObjectCreated(created) {
      const event = objectCreatedEvent(envelope(), created);
      uploads.publish(event);
      if (config.mode === 'observed' && !isFolder(created)) startByRule(event);
    },
    onHistoryEvents: (history) => {
      logs.write(history);
    },
    onFunctionLine: (functionName, message) => {
      reports.writeLine({ logGroup: `/aws/lambda/${functionName}`, logStream: 'sandbox', message });
    },
    onStatusChange: (detail) => {
      if (ruleMatches(detail)) status.publish(statusChangeEvent(envelope(), detail));
    },
    logs,
    beginStop() {
      isStopping = true;
    },
    undelivered: () => undelivered,
    resume() {
      uploads.resume();
      status.resume();
    },
  };
}

import { randomUUID } from 'node:crypto';
import {
  CreateLogStreamCommand,
  PutLogEventsCommand,
  type CloudWatchLogsClient,
} from '@aws-sdk/client-cloudwatch-logs';
import {
  GetExecutionHistoryCommand,
  ListExecutionsCommand,
  type HistoryEvent,
  type SFNClient,
} from '@aws-sdk/client-sfn';

/**
 * A relay of ours, labelled as such wherever it is used: the emulator runs state machines and writes no logs of them. It reads the
 * history of each execution and puts it into the log group, in the form in which Step Functions writes it; from there on
 * everything is the emulator's and ours as deployed. What the history lacks, IDs of the event before, is filled in.
 */
export interface LogRelay {
  /** Records that went into the log group. */
  count(): number;
  stop(): Promise<void>;
}

export interface LogRelayOptions {
  readonly sfn: SFNClient;
  readonly logs: CloudWatchLogsClient;
  readonly stateMachineArn: string;
  /** One of kind Express that logs to the same group. The emulator names its executions as Standard ones; their records do not. */
  readonly expressStateMachineArn?: string | undefined;
  readonly logGroupName: string;
  /** Called with what went wrong; the relay goes on. */
  readonly onError: (thrown: unknown) => void;
}

export function startLogRelay(options: LogRelayOptions): LogRelay {
  const { sfn, logs, stateMachineArn, expressStateMachineArn, logGroupName } = options;
  const sent = new Map<string, number>();
  const loggedAs = new Map<string, string>();
  let count = 0;
  const stopped = new AbortController();
  const startedAtMs = Date.now();
  // Of an execution of an earlier deployment, another relay has passed everything on.
  const endedBefore = (stopDate: Date | undefined) =>
    stopDate !== undefined && stopDate.getTime() < startedAtMs;

  function nameInLog(executionArn: string): string {
    const machine = executionArn.replace(':execution:', ':stateMachine:').replace(/:[^:]+$/, '');
    if (machine !== expressStateMachineArn) return executionArn;
    const name =
      loggedAs.get(executionArn) ?? `${executionArn.replace(':execution:', ':express:')}:${randomUUID()}`;
    loggedAs.set(executionArn, name);
    return name;
  }

  async function passOn(executionArn: string): Promise<void> {
    const after = sent.get(executionArn) ?? 0;
    const { events = [] } = await sfn.send(
      new GetExecutionHistoryCommand({ executionArn, maxResults: 1_000 }),
    );
    const fresh = events.filter(({ id = 0 }) => id > after);
    if (fresh.length === 0) return;
    const logStreamName = `states/relay/${executionArn.slice(executionArn.lastIndexOf(':') + 1)}`;
    if (after === 0) await logs.send(new CreateLogStreamCommand({ logGroupName, logStreamName }));
    await logs.send(
      new PutLogEventsCommand({
        logGroupName,
        logStreamName,
        logEvents: fresh.map((event) => ({
          timestamp: event.timestamp?.getTime() ?? 0,
          message: recordOf(event, nameInLog(executionArn)),
        })),
      }),
    );
    count += fresh.length;
    sent.set(executionArn, Math.max(...fresh.map(({ id = 0 }) => id)));
  }

  async function run(): Promise<void> {
    while (!stopped.signal.aborted) {
      try {
        for (const machine of [stateMachineArn, expressStateMachineArn]) {
          if (machine === undefined) continue;
          const { executions = [] } = await sfn.send(new ListExecutionsCommand({ stateMachineArn: machine }));
          for (const { executionArn, stopDate } of executions)
            if (executionArn !== undefined && !endedBefore(stopDate)) await passOn(executionArn);
        }
      } catch (thrown) {
        options.onError(thrown);
      }
      await new Promise((resolve) => setTimeout(resolve, 300));
    }
  }

  const running = run();
  return {
    count: () => count,
    stop() {
      stopped.abort();
      return running;
    },
  };
}

/** A record as Step Functions logs it. */
function recordOf(event: HistoryEvent, executionArn: string): string {
  const { id = 0, previousEventId, type, timestamp } = event;
  const fields: readonly (readonly [string, unknown])[] = Object.entries(event);
  const details = fields.find(([name]) => name.endsWith('EventDetails'))?.[1] ?? {};
  const before = previousEventId === undefined || previousEventId === 0 ? id - 1 : previousEventId;
  return JSON.stringify({
    id: String(id),
    type,
    details,
    previous_event_id: String(before),
    event_timestamp: String(timestamp?.getTime() ?? 0),
    execution_arn: executionArn,
    redrive_count: '0',
  });
}

/** A history event, as much of it as a log record needs. */
export interface LogEvent {
  readonly id: number;
  readonly previousEventId: number;
  /** HistoryEventType. */
  readonly type: string;
  /** Milliseconds since the epoch. */
  readonly timestampMs: number;
  /** The `…EventDetails` object of the API, without its wrapper. */
  readonly details: object;
}

export type LogLevel = 'ALL' | 'ERROR' | 'FATAL' | 'OFF';

/** Events of one execution, with how its state machine wants them logged. */
export interface LoggedHistory {
  readonly execution: {
    readonly executionArn: string;
    readonly stateMachineName: string;
    readonly redriveCount: number;
  };
  readonly loggingConfiguration: {
    readonly level: LogLevel;
    readonly includeExecutionData: boolean;
    readonly destinations: readonly { readonly logGroupArn: string }[];
  };
  readonly events: readonly LogEvent[];
}

/** What a Lambda function behind a subscription filter is invoked with. */
export interface SubscriptionPayload {
  readonly awslogs: {
    /** Base64 of the gzip of a {@link SubscriptionMessage}. */
    readonly data: string;
  };
}

export interface LogRecord {
  /** 56 decimal digits: unique for a log event, the same each time that it is delivered. */
  readonly id: string;
  /** Milliseconds since the epoch. */
  readonly timestamp: number;
  /** The JSON text of one history event. */
  readonly message: string;
}

export interface SubscriptionMessage {
  readonly messageType: 'DATA_MESSAGE';
  /** 12-digit account. */
  readonly owner: string;
  readonly logGroup: string;
  readonly logStream: string;
  readonly subscriptionFilters: readonly string[];
  readonly logEvents: readonly LogRecord[];
}

/**
 * Faults to have on purpose. Each is a probability from 0 (never, the default) to 1 (always). CloudWatch Logs itself
 * promises delivery at least once and no order; `truncate` and `lose` stand for what else best effort can mean.
 */
export interface LogFaults {
  /** A payload is delivered twice. */
  readonly duplicate?: number;
  /** The records of a payload are shuffled, and it may be overtaken by the one after it. */
  readonly reorder?: number;
  /** A payload is held back for up to `maxDelayMs`. */
  readonly delay?: number;
  /** Default 2000. */
  readonly maxDelayMs?: number;
  /** Inputs and outputs of a record are cut in the middle and marked as truncated. */
  readonly truncate?: number;
  /** A record is never delivered. */
  readonly lose?: number;
}

import type { ExecutionArn } from '@stepcast/contracts';

/** Which messages of a log group. Times are included, in milliseconds. */
export interface LogQuestion {
  readonly logGroup: string;
  readonly fromMs: number;
  readonly toMs: number;
  /** None: every execution. More may come than are named. */
  readonly executionArns: readonly ExecutionArn[];
}

export interface OperatorLogs {
  /**
   * Log records of Step Functions, a page at a time, in no certain order. A page may be empty.
   * @throws UnknownSubjectError where there is no such log group
   */
  read(
    question: LogQuestion,
  ): AsyncIterable<readonly { readonly message: string; readonly timestampMs: number }[]>;
  /** For how many days a log group keeps what it gets; `undefined`: for ever. */
  retentionDays(logGroup: string): Promise<number | undefined>;
}

import type { TopicSpace } from '@stepcast/contracts';
import type { Clock, Timers } from '@stepcast/kit';
import type {
  OperatorBroker,
  OperatorExecutions,
  OperatorQueues,
  OperatorTable,
  QueueAges,
} from './ports.ts';

/** Everything that operators' commands work with. */
export interface Operator {
  /** Where it works, for people. */
  readonly place: string;
  readonly topics: TopicSpace;
  readonly table: OperatorTable;
  readonly queues: OperatorQueues;
  readonly ages: QueueAges;
  readonly broker: OperatorBroker;
  readonly executions: OperatorExecutions;
  /** ARN of the caller, for the audit. */
  who(): Promise<string>;
  readonly clock: Clock;
  readonly timers: Timers;
  /** Makes an ID that nothing else has. */
  readonly newId: () => string;
  close(): void;
}

import {
  DescribeExecutionCommand,
  GetExecutionHistoryCommand,
  StartExecutionCommand,
  type HistoryEvent,
  type SFNClient,
} from '@aws-sdk/client-sfn';
import type { ExecutionArn } from '@stepcast/contracts';
import { asError } from '@stepcast/kit';
import { cutRecord, type ExecutionRecord, type Projector } from '@stepcast/wire';
import { DataInvalidError } from '../errors.ts';
import type { OperatorExecutions } from '../ports.ts';
import { asking, operatorErrorOf } from './aws-errors.ts';

const absent = new Set(['ExecutionDoesNotExist', 'InvalidArn', 'StateMachineDoesNotExist']);
const SUFFIX = 'EventDetails';

function recordOf(event: HistoryEvent, redriveCount: number, project?: Projector): ExecutionRecord {
  const details = Object.entries(event).find(([name, value]) => name.endsWith(SUFFIX) && value !== undefined);
  const cut = cutRecord(
    {
      id: event.id ?? 0,
      type: event.type ?? '',
      previousEventId: event.previousEventId ?? 0,
      timestampMs: event.timestamp?.getTime() ?? 0,
      redriveCount,
      details: details?.[1] ?? {},
    },
    project,
  );
  if (cut.ok) return cut.value;
  throw new DataInvalidError(`event ${event.id ?? 0} of the execution history does not read`);
}

/** Executions in Step Functions. */
export function createSfnExecutions(client: SFNClient): OperatorExecutions {
  async function one(executionArn: ExecutionArn, reverseOrder: boolean): Promise<HistoryEvent | undefined> {
    const { events = [] } = await asking('states:GetExecutionHistory', () =>
      client.send(new GetExecutionHistoryCommand({ executionArn, maxResults: 1, reverseOrder })),
    );
    return events[0];
  }

  return {
    async describe(executionArn) {
      try {
        const { input, status, startDate, redriveCount } = await client.send(
          new DescribeExecutionCommand({ executionArn }),
        );
        return {
          input,
          status: status ?? 'RUNNING',
          startMs: startDate?.getTime() ?? 0,
          redriveCount: redriveCount ?? 0,
        };
      } catch (thrown) {
        if (absent.has(asError(thrown).name)) return undefined;
        throw operatorErrorOf('states:DescribeExecution', thrown);
      }
    },
    async ends(executionArn, project) {
      const [described, first, last] = [
        await this.describe(executionArn),
        await one(executionArn, false),
        await one(executionArn, true),
      ];
      const records = first === undefined ? [] : [recordOf(first, 0, project)];
      if (last !== undefined && last.id !== first?.id)
        records.push(recordOf(last, described?.redriveCount ?? 0, project));
      return records;
    },
    async start(stateMachineArn, name, input) {
      try {
        await client.send(new StartExecutionCommand({ stateMachineArn, name, input }));
        return true;
      } catch (thrown) {
        if (asError(thrown).name === 'ExecutionAlreadyExists') return false;
        throw operatorErrorOf('states:StartExecution', thrown);
      }
    },
  };
}

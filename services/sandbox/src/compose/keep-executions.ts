import type { MapRunProgress } from '@stepcast/asl-interpreter';
import type { ExecutionLog } from '../data/execution-log.ts';
import { historyEventView, type RecordedHistory, type StepFunctions } from '../stepfunctions/index.ts';

/** Step Functions keeps no history of these, but of children of Map Runs the sandbox does. */
function isExpress(executionArn: string): boolean {
  return executionArn.split(':')[5] === 'express';
}

type Machines = Pick<StepFunctions, 'machineForExecution'>;

/** Writes executions, Map Runs and their children down as they run. Express ones that are no children live as long as the process. */
export function createExecutionKeeper(log: ExecutionLog, machines: () => Machines | undefined) {
  return {
    keepHistory(history: RecordedHistory): void {
      const { execution: identity, loggingConfiguration, events } = history;
      const { executionArn, mapRunArn } = identity;
      if (mapRunArn === undefined && isExpress(executionArn)) return;
      for (const event of events) {
        if (event.id === 1) {
          const machine = machines()?.machineForExecution(executionArn);
          const head = { identity, loggingConfiguration };
          if (mapRunArn === undefined) log.begin(executionArn, JSON.stringify({ ...head, machine }));
          else {
            log.nameMachine(mapRunArn, JSON.stringify(machine ?? {}));
            log.beginChild(executionArn, mapRunArn, JSON.stringify(head));
          }
        }
        log.append(executionArn, event.id, JSON.stringify(historyEventView(event, true)));
      }
    },
    keepMapRun(progress: MapRunProgress): void {
      log.putMapRun(progress.mapRunArn, progress.executionArn, JSON.stringify(progress));
    },
  };
}

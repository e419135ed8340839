import type { MapRunProgress } from '@stepcast/asl-interpreter';
import { z } from 'zod';
import type { Operation } from '../../core/index.ts';
import type { Engine } from '../engine.ts';
import { apiErrors } from './errors.ts';
import { operation } from './operation.ts';
import { pageOf } from './paging.ts';
import { checkArn, page, requests } from './requests.ts';
import { epochSeconds } from './views.ts';

/** Map Runs: those of executions that ran here, and those of imported ones as they were recorded. */
export function mapRunOperations(engine: Engine): Record<string, Operation> {
  return {
    DescribeMapRun: operation(requests.describeMapRun, (request, call) => {
      const arn = checkArn(request.mapRunArn, 'mapRun');
      call.authorize('states:DescribeMapRun', arn);
      const run = engine.mapRuns.find(arn);
      const view = run === undefined ? engine.recordings.mapRun(arn) : mapRunView(run);
      if (view === undefined) throw apiErrors.noMapRun(arn);
      return view;
    }),
    ListMapRuns: operation(
      z.object({ executionArn: z.string().min(1).max(2_000), ...page }),
      (request, call) => {
        const arn = checkArn(request.executionArn, 'execution');
        call.authorize('states:ListMapRuns', arn);
        const numbered = engine.mapRuns.of(arn).map((run, index) => ({ run, number: index + 1 }));
        const shown = pageOf(numbered, ({ number }) => number, 'ascending', `mapRuns ${arn}`, request);
        return { mapRuns: shown.items.map(({ run }) => summaryOf(run)), nextToken: shown.nextToken };
      },
    ),
  };
}

function summaryOf(run: MapRunProgress) {
  return {
    executionArn: run.executionArn,
    mapRunArn: run.mapRunArn,
    stateMachineArn: run.mapRunArn.replace(':mapRun:', ':stateMachine:').replace(/:[^:]*$/, ''),
    startDate: epochSeconds(run.startedAtMs),
    ...(run.stoppedAtMs === undefined ? {} : { stopDate: epochSeconds(run.stoppedAtMs) }),
  };
}

function mapRunView(run: MapRunProgress) {
  return {
    mapRunArn: run.mapRunArn,
    executionArn: run.executionArn,
    status: run.status,
    startDate: epochSeconds(run.startedAtMs),
    ...(run.stoppedAtMs === undefined ? {} : { stopDate: epochSeconds(run.stoppedAtMs) }),
    maxConcurrency: run.maxConcurrency,
    toleratedFailurePercentage: run.toleratedFailurePercentage,
    toleratedFailureCount: run.toleratedFailureCount,
    itemCounts: run.itemCounts,
    executionCounts: run.executionCounts,
    redriveCount: run.redriveCount,
  };
}

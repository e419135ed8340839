import type { Command } from 'commander';
import type { ExecutionArn } from '@stepcast/contracts';
import type { Projector } from '@stepcast/wire';
import { EXIT, OperatorError, recordFailure, UnfinishedError } from '@stepcast/operations';
import { count } from '../../report/lines.ts';
import { auditOf } from '../changes.ts';
import {
  operatorAction,
  optionsOf,
  withExamples,
  type Answer,
  type CommandContext,
  type Running,
} from '../run.ts';
import { backfillExecution } from './backfill-execution.ts';
import { backfillLogged } from './backfill-logged.ts';
import { dryRun, readRange } from './log-range.ts';
import { arnsOf, BackfillCommandOptions, projectorOf, questionOf } from './options.ts';
import type { Backfilled } from './standing.ts';

/** `stepcast backfill`: builds streams from execution histories or from log records. */
export function addBackfill(program: Command, context: CommandContext): void {
  const command = program
    .command('backfill')
    .description(
      'build the journal of executions from their histories or log records, where it has none or a part',
    )
    .argument(
      '[execution...]',
      'ARNs of executions; "-" reads them from standard input, one a line; with --from logs, none means all of the range',
    )
    .option(
      '--from <source>',
      'history: of Step Functions, Standard only, for 90 days; logs: CloudWatch Logs (default history)',
    )
    .option('--log-group <name>', 'with --from logs: the log group of the state machine')
    .option(
      '--since <time>',
      'with --from logs: log records from this time on, for example 2026-11-03T10:15:00Z',
    )
    .option('--until <time>', 'with --from logs: log records up to this time (default: now)')
    .option('--with-gaps', 'with --from logs: also where records are missing that nothing else has')
    .option('--dry-run', 'with --from logs: show what the log has, and send nothing')
    .option(
      '--projections <file>',
      'what the deployment lets out of inputs and outputs (STEPCAST_PROJECTIONS)',
    )
    .option(
      '--with-upload',
      'in observed mode: begin with the event of the upload (in managed mode it would start the workflow)',
    )
    .option('--wait <seconds>', 'how long to wait for each to come to its end (default 60)')
    .option('--reason <text>', 'for the audit');
  operatorAction(command, context, async (running, given, raw) => {
    const options = optionsOf(BackfillCommandOptions, raw);
    const named = await arnsOf(given, context);
    const question = questionOf(options, named, running.operator.clock);
    const project = await projectorOf(options.projections);
    const signal = context.interruption();
    if (question === undefined)
      return backfillAll(running, named, options, signal, (arn) =>
        backfillExecution(running.operator, arn, settingsOf(options, project, signal)),
      );
    const range = await readRange(running, question, project, signal);
    if (options.dryRun) return dryRun(range);
    const settings = { ...settingsOf(options, project, signal), withGaps: options.withGaps };
    return backfillAll(
      running,
      range.executionArns,
      options,
      signal,
      (arn) => range.absent(arn) ?? backfillLogged(running.operator, arn, range.records(arn), settings),
    );
  });
  withExamples(command, [
    ['stepcast backfill arn:aws:states:us-east-1:111122223333:execution:Photo:up-5f1c…', 'one execution'],
    [
      'aws stepfunctions list-executions … | jq -r .executions[].executionArn | stepcast backfill -',
      'all of a machine',
    ],
    [
      'stepcast backfill --from logs --log-group /aws/vendedlogs/states/Photo-Logs --since 2026-11-03T10:00:00Z --dry-run',
      'what the log has',
    ],
  ]);
}

function settingsOf(
  { withUpload, wait }: BackfillCommandOptions,
  project: Projector | undefined,
  signal: AbortSignal,
) {
  return { withUpload, waitMs: wait * 1_000, project, signal };
}

/** One execution after the other, each in the audit before and after. */
async function backfillAll(
  running: Running,
  executionArns: readonly ExecutionArn[],
  { reason }: BackfillCommandOptions,
  signal: AbortSignal,
  backfill: (executionArn: ExecutionArn) => Promise<Backfilled>,
): Promise<Answer> {
  const audit = auditOf(running);
  const done: Backfilled[] = [];
  const goOn = () => [
    `${count(done.length, 'execution')} of ${executionArns.length} done. To go on: run the command again; what is complete is left as it is.`,
  ];
  for (const [index, executionArn] of executionArns.entries()) {
    if (signal.aborted) throw new UnfinishedError(`interrupted before ${executionArn}`, goOn());
    if (executionArns.length > 1) running.note([`${index + 1}/${executionArns.length} ${executionArn}`]);
    const entry = {
      action: 'backfill',
      subject: executionArn,
      reason: reason ?? null,
      change: audit.newChange(),
    };
    let begun = false;
    try {
      await audit.record({ ...entry, outcome: 'begun' });
      begun = true;
      const backfilled = await backfill(executionArn);
      const outcome = backfilled.outcome === 'impossible' ? 'failed' : 'done';
      await audit.record({ ...entry, outcome, detail: backfilled.outcome });
      done.push(backfilled);
    } catch (thrown) {
      if (begun) await recordFailure(audit, entry, thrown);
      if (!(thrown instanceof OperatorError) || executionArns.length === 1) throw thrown;
      throw new UnfinishedError(`${executionArn}: ${thrown.message}`, [...thrown.more, ...goOn()], {
        cause: thrown,
      });
    }
  }
  const failed = done.some(({ outcome }) => outcome === 'impossible');
  const open = done.some(({ outcome }) => outcome === 'sent');
  return {
    schema: 'stepcast.backfill/v1',
    json: { executions: done },
    lines: done.map(
      ({ executionArn, detail, uploadId, lastOffset }) =>
        `${executionArn}: ${detail}${uploadId === null ? '' : ` (upload ${uploadId}, offset ${lastOffset ?? 0})`}`,
    ),
    exitCode: failed ? EXIT.unknown : open ? EXIT.unfinished : EXIT.done,
  };
}

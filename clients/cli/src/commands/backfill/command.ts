import type { Command } from 'commander';
import { ExecutionArn } from '@stepcast/contracts';
import * as z from 'zod';
import { UsageError } from '../../errors.ts';
import { EXIT, OperatorError, UnfinishedError } from '@stepcast/operations';
import { count } from '../../report/lines.ts';
import { auditOf } from '../changes.ts';
import { operatorAction, optionsOf, withExamples, type CommandContext } from '../run.ts';
import { backfillExecution, type Backfilled } from './backfill-execution.ts';

const Options = z.object({
  withUpload: z.boolean().default(false),
  wait: z.coerce.number('is no number').min(0, 'is at least 0').max(3_600, 'is at most 3600').default(60),
  reason: z.string().optional(),
});

/** `stepcast backfill`: builds streams from execution histories. */
export function addBackfill(program: Command, context: CommandContext): void {
  const command = program
    .command('backfill')
    .description('build the journal of executions from their histories, where it has none or a part')
    .argument('<execution...>', 'ARNs of executions; "-" reads them from standard input, one a line')
    .option(
      '--with-upload',
      'in observed mode: begin with the event of the upload (in managed mode it would start the workflow)',
    )
    .option('--wait <seconds>', 'how long to wait for each to come to its end (default 60)')
    .option('--reason <text>', 'for the audit');
  operatorAction(command, context, async (running, given, raw) => {
    const { withUpload, wait, reason } = optionsOf(Options, raw);
    const arns = await arnsOf(given, context);
    const audit = auditOf(running);
    const signal = context.interruption();
    const done: Backfilled[] = [];
    for (const [index, executionArn] of arns.entries()) {
      const goOn = () => [
        `${count(done.length, 'execution')} of ${arns.length} done. To go on: run the command again; what is complete is left as it is.`,
      ];
      if (signal.aborted) throw new UnfinishedError(`interrupted before ${executionArn}`, goOn());
      if (arns.length > 1) running.note([`${index + 1}/${arns.length} ${executionArn}`]);
      try {
        await audit.record({
          action: 'backfill',
          subject: executionArn,
          outcome: 'begun',
          reason: reason ?? null,
        });
        const backfilled = await backfillExecution(running.operator, executionArn, {
          withUpload,
          waitMs: wait * 1_000,
        });
        await audit.record({
          action: 'backfill',
          subject: executionArn,
          outcome: 'done',
          detail: backfilled.outcome,
        });
        done.push(backfilled);
      } catch (thrown) {
        if (!(thrown instanceof OperatorError) || arns.length === 1) throw thrown;
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
  });
  withExamples(command, [
    ['stepcast backfill arn:aws:states:us-east-1:111122223333:execution:Photo:up-5f1c…', 'one execution'],
    [
      'aws stepfunctions list-executions … | jq -r .executions[].executionArn | stepcast backfill -',
      'all of a machine',
    ],
  ]);
}

async function arnsOf(given: readonly string[], context: CommandContext): Promise<readonly ExecutionArn[]> {
  let texts = given;
  if (given.length === 1 && given[0] === '-') {
    let input = '';
    for await (const piece of context.readInput()) input += piece;
    texts = input
      .split('\n')
      .map((line) => line.trim())
      .filter((line) => line !== '');
  }
  if (texts.length === 0) throw new UsageError('no execution is named');
  return texts.map((text) => {
    const arn = ExecutionArn.safeParse(text);
    if (arn.success) return arn.data;
    throw new UsageError(`${text} is no ARN of an execution`);
  });
}

import type { Command } from 'commander';
import * as z from 'zod';
import { UsageError } from '../../errors.ts';
import { findUploads, subjectOf } from '@stepcast/operations';
import { printableLine } from '../../report/lines.ts';
import { eventCells } from '../journal/show-journal.ts';
import { operatorAction, optionsOf, withExamples, type CommandContext } from '../run.ts';
import { followByJournal, followByMqtt, type Followed } from './follow.ts';

const Options = z.object({ by: z.enum(['mqtt', 'journal'], 'is mqtt or journal').default('mqtt') });

/** `stepcast tail`: events as they come. */
export function addTail(program: Command, context: CommandContext): void {
  const command = program
    .command('tail')
    .description('show events as they come, of one upload, one identity or all; Ctrl+C ends it')
    .argument(
      '[what]',
      'identity ID, execution ARN, s3://bucket/key, upload ID, or the beginning of one (default: all)',
    )
    .option(
      '--by <way>',
      'mqtt: what the broker delivers, with your own rights (default); journal: what is written',
    );
  operatorAction(command, context, async ({ operator, json, note }, [what], given) => {
    const { by } = optionsOf(Options, given);
    if (what === undefined && by === 'journal')
      throw new UsageError('--by journal follows one identity or upload; name it, or leave --by out');
    const subject = what === undefined ? undefined : subjectOf(what);
    // An identity may have no upload yet; by MQTT it can be followed all the same.
    const isIdentity = subject?.kind === 'identity' && by === 'mqtt';
    const found = what === undefined || isIdentity ? undefined : await findUploads(operator.table, what);
    const follow = by === 'mqtt' ? followByMqtt : followByJournal;
    await follow(operator, {
      uploads: found?.uploads,
      identityId: isIdentity ? subject.identityId : undefined,
      signal: context.interruption(),
      onReady: (way) => {
        note([`following ${what ?? 'everybody'} ${way}; Ctrl+C ends it`]);
      },
      onProblem: (problem) => {
        note([problem]);
      },
      onEvents: (followed) => {
        const events = followed.events.filter(
          ({ executionArn }) => found?.executionArn === undefined || executionArn === found.executionArn,
        );
        if (events.length === 0) return;
        context.out(json ? `${JSON.stringify({ ...followed, events })}\n` : linesOf({ ...followed, events }));
      },
    });
    return undefined;
  });
  withExamples(command, [
    ['stepcast tail', 'everything that the broker delivers'],
    ['stepcast tail us-east-1:1f0e2d3c-… --json', 'one identity, one JSON object a line'],
    ['stepcast tail mfzwizdmnnsg --by journal', 'one upload as the journal has it, from its first event'],
  ]);
}

function linesOf({ identityId, uploadId, replay, events }: Followed): string {
  return events
    .map((event) => {
      const [offset = '', time = '', kind = '', percent = '', what = ''] = eventCells(event);
      const where = `${identityId} ${uploadId}`;
      return `${printableLine(`${time}  ${where}  ${offset.padStart(4)}  ${kind.padEnd(20)}  ${percent.padStart(4)}  ${what}${replay ? '  (replay)' : ''}`.trimEnd())}\n`;
    })
    .join('');
}

import type { Command } from 'commander';
import { findOneUpload } from '@stepcast/operations';
import { ChangeOptions, makeChanges, withChangeOptions } from '../changes.ts';
import { operatorAction, optionsOf, withExamples, type CommandContext } from '../run.ts';
import { planReprocess, reprocess } from './reprocess-upload.ts';

const WAIT_MS = 20_000;

/** `stepcast reprocess`: runs the workflow of an upload again. */
export function addReprocess(program: Command, context: CommandContext): void {
  const command = withChangeOptions(
    program
      .command('reprocess')
      .description('start the workflow again for an upload that has ended, once, as a new epoch')
      .argument('<what>', 'execution ARN, s3://bucket/key, upload ID, or the beginning of one'),
    false,
  );
  operatorAction(command, context, async (running, [what = ''], given) => {
    const options = optionsOf(ChangeOptions, given);
    const { operator, note } = running;
    const plan = await planReprocess(operator, await findOneUpload(operator.table, what));
    if (plan.dropsVersionId)
      note(['The event names no version ID any more: the workflow reads the newest version of the object.']);
    return makeChanges(
      running,
      'reprocess',
      [
        {
          subject: `s3://${plan.bucket}/${plan.key} (${plan.uploadId})`,
          make: () => reprocess(operator, plan, WAIT_MS),
        },
      ],
      options,
    );
  });
  withExamples(command, [
    ['stepcast reprocess s3://uploads/users/us-east-1:…/photo.png', 'asks first'],
    ['stepcast reprocess mfzwizdmnnsg --yes --reason "the model was replaced"', 'does not ask'],
  ]);
}

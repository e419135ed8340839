import type { Command } from 'commander';
import { operatorAction, withExamples, type CommandContext } from '../run.ts';
import { lookUp } from '@stepcast/operations';
import { renderLookUp } from './render.ts';

/** `stepcast lookup`: the whole correlation of an identity, an execution or an upload. */
export function addLookup(program: Command, context: CommandContext): void {
  const command = program
    .command('lookup')
    .description('show all that is known of an identity, an execution or an upload, and what waits and why')
    .argument('<what>', 'identity ID, execution ARN, s3://bucket/key, upload ID, or the beginning of one');
  operatorAction(command, context, async ({ operator }, [what = '']) => {
    const found = await lookUp(operator, what);
    return { schema: 'stepcast.lookup/v1', json: found, lines: renderLookUp(found) };
  });
  withExamples(command, [
    ['stepcast lookup us-east-1:1f0e2d3c-4b5a-c6d7-8e9f-0a1b2c3d4e5f', 'all uploads of an identity'],
    [
      'stepcast lookup s3://uploads/users/us-east-1:…/photo.png',
      'one upload, with its executions and topics',
    ],
    ['stepcast lookup up-5f1c0a9e --json', 'the execution whose name begins so'],
  ]);
}

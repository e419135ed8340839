import type { Environment } from '@stepcast/kit';
import { OPERATOR_COMMANDS } from '@stepcast/policies';
import type { Command } from 'commander';
import { withExamples } from './commands/run.ts';
import { permissionSet, PURPOSES } from './domain/permission-set/permission-set.ts';
import { readPermissionSetOptions } from './permission-set-options.ts';

const collect = (value: string, before: readonly string[] = []) => [...before, value];

/** `stepcast permission-set`: what who deploys, operates or bootstraps may do. */
export function addPermissionSet(
  program: Command,
  {
    terminal,
    environment,
  }: {
    readonly terminal: { out(text: string): void; err(text: string): void };
    readonly environment: Environment;
  },
  exit: (code: number) => void,
): void {
  const permissions = program
    .command('permission-set')
    .description('print a least-privilege inline policy for IAM Identity Center')
    .requiredOption('--for <purpose>', PURPOSES.join(', '))
    .option('--account-id <digits>', 'account of the deployment (STEPCAST_ACCOUNT_ID); else a placeholder')
    .option('--region <region>', 'region of the deployment (AWS_REGION); else a placeholder')
    .option(
      '--command <name>',
      `with --for operate, only what this command needs; may be repeated: ${OPERATOR_COMMANDS.join(', ')}`,
      collect,
    )
    .option('--topic-namespace <namespace>', 'first levels of every topic')
    .option('--identity-pool-id <id>', 'identity pool (default: every pool of the region)')
    .option(
      '--bucket <name>',
      'bucket of the uploads (default: every bucket whose name begins as the stack does)',
    )
    .option('--table <name>', 'the journal table (default: stepcast-journal, or stepcast-STAGE-journal)')
    .option('--state-machine <name>', 'name; may be repeated', collect)
    .option(
      '--log-group <name>',
      'with --for operate or execution, log group of a state machine; with execution, of tasks that report too; may be repeated (default: /aws/vendedlogs/states/{name}-Logs)',
      collect,
    )
    .option('--stage <word>', 'stage of the deployment (default: none)')
    .option('--stack <name>', 'what names begin with (default: stepcast, or stepcast-STAGE)')
    .option('--qualifier <text>', 'of the CDK bootstrap', 'hnb659fds')
    .option('--json', 'print JSON for programs: the policy as "document", and the "notes" on it')
    .action((_given: unknown, command: Command) => {
      const { document, notes } = permissionSet(readPermissionSetOptions(command.opts(), environment));
      const asJson = command.opts<{ readonly json?: boolean }>().json === true;
      const printed = asJson ? { schema: 'stepcast.permission-set/v1', document, notes } : document;
      terminal.out(`${JSON.stringify(printed, undefined, 2)}\n`);
      if (!asJson) terminal.err(notes.map((note) => `${note}\n`).join(''));
      exit(0);
    });
  withExamples(permissions, [
    ['stepcast permission-set --for operate --region us-east-1 --account-id 111122223333', 'every command'],
    ['stepcast permission-set --for operate --command lookup --command tail', 'two commands'],
  ]);
}

import type { Command } from 'commander';
import * as z from 'zod';
import { UsageError } from '../../errors.ts';
import { EXIT, UnknownSubjectError } from '@stepcast/operations';
import { count } from '../../report/lines.ts';
import { operatorAction, optionsOf, withExamples, type Answer, type CommandContext } from '../run.ts';
import { isConfirmed } from './confirm-by-name.ts';
import { deleteStack } from './delete-stack.ts';
import { detachEverywhere } from './detach-everywhere.ts';
import type { DeployedStack } from './ports.ts';
import { whatStays, type Staying } from './what-stays.ts';

const Options = z.object({ yes: z.boolean().default(false), dryRun: z.boolean().default(false) });

/** Of a stack whose first deployment has failed. */
const NEVER_MADE: readonly string[] = ['ROLLBACK_COMPLETE', 'ROLLBACK_FAILED', 'CREATE_FAILED'];

/** Progress is reported at most once in so many. */
const EACH = 100;

interface Outcome {
  readonly deleted: boolean;
  readonly detached: number;
}

/** `stepcast destroy`: takes a deployment down, and says how the next one takes up what stays. */
export function addDestroy(program: Command, context: CommandContext): void {
  const command = program
    .command('destroy')
    .description(
      'delete a deployment: detach the IoT policy from everybody, delete the stack, show what stays',
    )
    .argument('<stack>', 'name of the stack')
    .option('--dry-run', 'show what would be deleted and what stays, and change nothing')
    .option('--yes', 'do not ask');
  operatorAction(command, context, async ({ operator, note }, [name = ''], given) => {
    const { yes, dryRun } = optionsOf(Options, given);
    const { lifecycle, clock } = operator;
    if (lifecycle === undefined) throw new UsageError('the sandbox has no stack; stop it instead');
    const stack = await lifecycle.stacks.find(name);
    if (stack === undefined || stack.status === 'DELETE_COMPLETE')
      throw new UnknownSubjectError(`there is no stack ${name} in ${operator.place}`);
    const policyName = stack.outputs['IotPolicyName'];
    // It has no outputs, as if it were none of Stepcast, and nothing stays of it.
    if (NEVER_MADE.includes(stack.status))
      throw new UsageError(
        `${name} is ${stack.status}: it was never made, and nothing of it is in use; to delete it: aws cloudformation delete-stack --stack-name ${name} --region ${operator.place}`,
      );
    if (stack.outputs['IdentityPoolId'] === undefined)
      throw new UsageError(`${name} is no deployment of Stepcast: it has no output IdentityPoolId`);
    const resources = await lifecycle.stacks.resources(stack.id);
    const stays = whatStays(stack, resources);
    note([
      `${stack.name} (${stack.status}): ${count(resources.length, 'resource')}. These stay:`,
      ...stays.lines.map((line) => `  ${line}`),
    ]);
    if (dryRun) return answerOf(stack, stays, { deleted: false, detached: 0 });
    if (!yes) {
      if (context.confirmation === undefined)
        throw new UsageError('nobody can be asked here; add --yes to go on without asking');
      if (!(await isConfirmed(context.confirmation, stack.name))) {
        note(['Nothing was changed.']);
        const answer = answerOf(stack, stays, { deleted: false, detached: 0 });
        return { ...answer, lines: [], exitCode: EXIT.warnings };
      }
    }
    const signal = context.interruption();
    const progress = (done: number) => {
      if (done % EACH === 0) note([`detached ${done}`]);
    };
    const detached =
      policyName === undefined ? 0 : await detachEverywhere(lifecycle, policyName, { signal, progress });
    note([`detached ${policyName ?? 'no policy'} from ${count(detached, 'identity', 'identities')}`]);
    let reported = '';
    await deleteStack(lifecycle, stack, policyName, {
      signal,
      progress,
      clock,
      deleted: (gone, all) => {
        const line = `deleted ${gone} of ${all} resources`;
        if (line !== reported) note([(reported = line)]);
      },
      note: (line) => {
        note([line]);
      },
    });
    return answerOf(stack, stays, { deleted: true, detached });
  });
  withExamples(command, [
    ['stepcast destroy stepcast --region us-east-1 --dry-run', 'what would go, and what stays'],
    ['stepcast destroy stepcast-dev --region us-east-1', 'asks first'],
    ['stepcast destroy stepcast-dev --region us-east-1 --yes --json', 'for programs'],
  ]);
}

function answerOf(stack: DeployedStack, { lines, settings }: Staying, outcome: Outcome): Answer {
  return {
    schema: 'stepcast.destroy/v1',
    json: { stack: stack.name, stackId: stack.id, ...outcome, settings },
    lines: [
      ...(outcome.deleted
        ? [`${stack.name} is deleted. These stay:`, ...lines.map((line) => `  ${line}`)]
        : []),
      'The next deployment takes them up with these settings:',
      ...JSON.stringify(settings, undefined, 2).split('\n'),
    ],
  };
}

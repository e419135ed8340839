import { fail, missing, pass, warn, type Link } from '../link.ts';
import { aws } from '../shell.ts';

/** A stack of this kind has no outputs, and nothing of it is in use. */
const EMPTY: readonly string[] = [
  'CREATE_FAILED',
  'ROLLBACK_FAILED',
  'ROLLBACK_COMPLETE',
  'ROLLBACK_IN_PROGRESS',
  'REVIEW_IN_PROGRESS',
  'DELETE_COMPLETE',
];

export const stackIsThere: Link = {
  id: 'operator.stack',
  title: 'The stack is there',
  why: 'What its outputs do not say is looked for under other names, and everything looks as if it did not exist.',
  isGround: true,
  skip: ({ stackName }) => (stackName === undefined ? 'no stack is named (--stack)' : undefined),
  check(setup, { stack }) {
    const { stackName = '', region } = setup;
    if (stack.state === 'unavailable') return missing(stack);
    if (!stack.value.found)
      return fail({
        evidence: [`there is no stack ${stackName} in ${region}`],
        repair: [
          aws(setup, 'cloudformation', 'describe-stacks', '--query', 'Stacks[].[StackName,StackStatus]'),
          '# choose one of these with --stack, or another region with --region; or deploy it first',
        ],
      });
    const { status } = stack.value.value;
    if (EMPTY.includes(status))
      return fail({
        evidence: [`${stackName} is ${status}: nothing of it is in use`],
        repair: [aws(setup, 'cloudformation', 'describe-stack-events', '--stack-name', stackName)],
      });
    if (status.endsWith('_IN_PROGRESS'))
      return warn({
        evidence: [`${stackName} is ${status}: what is seen may be half of a change`],
        repair: ['# wait until it has ended, and look again'],
      });
    return pass(`${stackName} (${status})`);
  },
};

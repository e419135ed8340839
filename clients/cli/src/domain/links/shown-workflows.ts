import { deploymentNames } from '@stepcast/wire';
import { askAs, compile, explained } from '../decide.ts';
import { accountOf } from '../expected.ts';
import { couldNotCheck, fail, missing, pass, type Link } from '../link.ts';
import { type Setup } from '../setup.ts';
import { aws } from '../shell.ts';
import { roleOf } from './pool-roles.ts';

const ACTION = 'states:DescribeStateMachine';

/** The role of the function that answers requests with an ID token, and so reads the definitions. */
export function shownWorkflowsRole(setup: Setup): string {
  const names = deploymentNames({ stage: setup.stage, region: setup.region });
  const name = names.roleOf(names.provisionerFunctions.byToken);
  return `arn:${setup.partition}:iam::${accountOf(setup)}:role/${name}`;
}

export const shownWorkflows: Link = {
  id: 'workflow.shown',
  title: 'The provisioner may read the definition that it shows',
  why: 'With showWorkflows pages get names, types and edges of the states. Without this right the workflow is left out, and graphs have only what was seen.',
  skip: ({ stateMachineArn, showsWorkflows, sandboxUrl }) =>
    stateMachineArn === undefined
      ? 'no state machine is given (--state-machine)'
      : !showsWorkflows
        ? 'workflows are not shown (showWorkflows in the settings, --show-workflows)'
        : sandboxUrl === undefined
          ? undefined
          : 'the sandbox’s provisioner has no role',
  check(setup, chain) {
    const role = roleOf(chain, shownWorkflowsRole(setup));
    if (role.state === 'unavailable') return missing(role);
    const { arn, name, policies: documents } = role.value;
    const { policies, unreadable } = compile(documents, 'identity');
    const resource = setup.stateMachineArn ?? '';
    const answer = askAs(
      setup,
      { identityId: '', authenticated: false, roleArn: arn },
      { identity: policies },
      { action: ACTION, resource },
    );
    if (answer.allowed) return pass(`${name} may read ${resource}`);
    if (unreadable.length > 0) return couldNotCheck(unreadable.join('; '));
    const document = {
      Version: '2012-10-17',
      Statement: [{ Sid: 'ReadWorkflows', Effect: 'Allow', Action: ACTION, Resource: resource }],
    };
    return fail({
      evidence: [`${name} does not allow ${ACTION} on ${resource}`, ...explained(ACTION, answer)],
      repair: [
        '# a deployment with "showWorkflows": true in its settings gives this right; by hand:',
        aws(
          setup,
          'iam',
          'put-role-policy',
          '--role-name',
          name,
          '--policy-name',
          'stepcast-shown-workflows',
          '--policy-document',
          JSON.stringify(document),
        ),
      ],
    });
  },
};

import { askAs, compile } from '../decide.ts';
import { type Chain, type StateMachine } from '../evidence.ts';
import { accountOf } from '../expected.ts';
import { couldNotCheck, fail, missing, pass, warn, type Finding, type Link } from '../link.ts';
import { type Setup } from '../setup.ts';
import { aws } from '../shell.ts';
import { roleOf } from './pool-roles.ts';

const skip = ({ stateMachineArn }: Setup) =>
  stateMachineArn === undefined ? 'no state machine is given (--state-machine)' : undefined;

function withMachine(setup: Setup, chain: Chain, judge: (machine: StateMachine) => Finding): Finding {
  if (chain.stateMachine.state === 'unavailable') return missing(chain.stateMachine);
  return chain.stateMachine.value.found
    ? judge(chain.stateMachine.value.value)
    : fail({
        evidence: [`there is no state machine ${setup.stateMachineArn ?? ''}`],
        repair: [aws(setup, 'stepfunctions', 'list-state-machines')],
      });
}

/** ARN of a log group as Step Functions wants it: with `:*` at the end. */
function destinationArn(setup: Setup, machine: StateMachine): string {
  const given = setup.logGroupName;
  const [first] = machine.logGroupArns;
  if (given === undefined && first !== undefined) return first.endsWith(':*') ? first : `${first}:*`;
  const name = machine.arn.slice(machine.arn.lastIndexOf(':') + 1);
  return `arn:${setup.partition}:logs:${setup.region}:${accountOf(setup)}:log-group:${given ?? `/aws/vendedlogs/states/${name}-Logs`}:*`;
}

function setLogging(setup: Setup, machine: StateMachine): string {
  return logTo(setup, machine.arn, {
    level: 'ALL',
    executionData: true,
    logGroupArn: destinationArn(setup, machine),
  });
}

/** The command that has a state machine log so. A machine logs to one group only, so this takes the place of what it has. */
export function logTo(
  place: Pick<Setup, 'region' | 'profile'>,
  machineArn: string,
  {
    level,
    executionData,
    logGroupArn,
  }: { readonly level: string; readonly executionData: boolean; readonly logGroupArn: string },
): string {
  return aws(
    place,
    'stepfunctions',
    'update-state-machine',
    '--state-machine-arn',
    machineArn,
    '--logging-configuration',
    JSON.stringify({
      level,
      includeExecutionData: executionData,
      destinations: [{ cloudWatchLogsLogGroup: { logGroupArn } }],
    }),
  );
}

/** Name in `arn:…:log-group:NAME:*`. */
export function logGroupOf(arn: string): string | undefined {
  return /:log-group:([^:*]+)/.exec(arn)?.[1];
}

export const logLevel: Link = {
  id: 'workflow.logLevel',
  title: 'The state machine logs every event',
  why: 'Progress is read from the log. Standard machines log nothing by default; at ERROR or FATAL only failures are seen.',
  skip,
  check: (setup, chain) =>
    withMachine(setup, chain, (machine) => {
      if (machine.logLevel === 'ALL') return pass('level ALL');
      const repair = [setLogging(setup, machine)];
      return machine.logLevel === 'OFF'
        ? fail({ evidence: ['level OFF: no step is ever seen, only start and end'], repair })
        : warn({ evidence: [`level ${machine.logLevel}: steps that succeed are not seen`], repair });
    }),
};

export const executionData: Link = {
  id: 'workflow.executionData',
  title: 'Log records carry the input of the execution',
  why: 'The input says whose execution it is. Without it each execution costs a DescribeExecution (15 a second); includeExecutionData is false by default.',
  skip,
  check: (setup, chain) =>
    withMachine(setup, chain, (machine) =>
      machine.logLevel === 'OFF'
        ? couldNotCheck('logging is off (see workflow.logLevel)')
        : machine.includesExecutionData
          ? pass('includeExecutionData is true')
          : machine.type === 'EXPRESS'
            ? fail({
                evidence: [
                  'includeExecutionData is false, and Express executions cannot be described: their owner stays unknown',
                ],
                repair: [setLogging(setup, machine)],
              })
            : warn({
                evidence: ['includeExecutionData is false: owners are looked up one by one'],
                repair: [
                  '# inputs and outputs will stand in the log group: limit who may read it',
                  setLogging(setup, machine),
                ],
              }),
    ),
};

export const logDestination: Link = {
  id: 'workflow.destination',
  title: 'The log goes to the log group that is subscribed to',
  why: 'The destination must be the ARN of one log group with ":*" at the end; a log group of the class Infrequent Access takes no subscription.',
  skip: (setup) =>
    skip(setup) ??
    (setup.sandboxUrl === undefined ? undefined : 'the sandbox hands log records to the forwarder itself'),
  check: (setup, chain) =>
    withMachine(setup, chain, (machine) => {
      const [arn, ...more] = machine.logGroupArns;
      const repair = [setLogging(setup, machine)];
      if (arn === undefined) return fail({ evidence: ['no log group is configured'], repair });
      if (more.length > 0)
        return fail({ evidence: [`${more.length + 1} destinations; exactly one is taken`], repair });
      const name = logGroupOf(arn);
      if (name === undefined || !arn.endsWith(':*'))
        return fail({
          evidence: [`the destination is ${arn}: not the ARN of a log group with ":*" at the end`],
          repair,
        });
      if (setup.logGroupName !== undefined && name !== setup.logGroupName)
        return fail({
          evidence: [`the machine logs to ${name}, the subscription is looked for on ${setup.logGroupName}`],
          repair,
        });
      const { logGroup } = chain;
      if (logGroup.state === 'unavailable') return missing(logGroup);
      if (!logGroup.value.found)
        return fail({
          evidence: [`the log group ${name} does not exist: logging simply stops, no execution fails`],
          repair: [aws(setup, 'logs', 'create-log-group', '--log-group-name', name), ...repair],
        });
      const { logClass } = logGroup.value.value;
      return logClass === 'STANDARD'
        ? pass(name)
        : fail({
            evidence: [
              `${name} has the class ${logClass}; only STANDARD takes subscriptions, and it cannot be changed`,
            ],
            repair: [
              aws(setup, 'logs', 'create-log-group', '--log-group-name', `${name}-standard`),
              '# then let the machine log there and subscribe to it',
            ],
          });
    }),
};

/** Step Functions delivers through CloudWatch's log delivery, which needs these on `*`. Source: Step Functions guide "Logging". */
const delivery = [
  'logs:CreateLogDelivery',
  'logs:GetLogDelivery',
  'logs:UpdateLogDelivery',
  'logs:DeleteLogDelivery',
  'logs:ListLogDeliveries',
  'logs:PutResourcePolicy',
  'logs:DescribeResourcePolicies',
  'logs:DescribeLogGroups',
];

export const executionRole: Link = {
  id: 'workflow.role',
  title: 'The state machine’s role may set up log delivery',
  why: 'Without these rights the logging configuration is refused, or nothing is written.',
  skip: (setup) =>
    skip(setup) ?? (setup.sandboxUrl === undefined ? undefined : 'the sandbox needs no delivery'),
  check: (setup, chain) =>
    withMachine(setup, chain, (machine) => {
      const role = roleOf(chain, machine.roleArn);
      if (role.state === 'unavailable') return missing(role);
      const { policies, unreadable } = compile(role.value.policies, 'identity');
      const who = { identityId: '', authenticated: false, roleArn: machine.roleArn };
      const denied = delivery.filter(
        (action) => !askAs(setup, who, { identity: policies }, { action, resource: '*' }).allowed,
      );
      if (denied.length === 0) return pass(`${role.value.name} may deliver logs`);
      if (unreadable.length > 0) return couldNotCheck(unreadable.join('; '));
      return fail({
        evidence: [`${role.value.name} does not allow ${denied.join(', ')}`],
        repair: [
          aws(
            setup,
            'iam',
            'put-role-policy',
            '--role-name',
            role.value.name,
            '--policy-name',
            'log-delivery',
            '--policy-document',
            JSON.stringify({
              Version: '2012-10-17',
              Statement: [
                {
                  Effect: 'Allow',
                  Action: [...delivery, 'logs:CreateLogStream', 'logs:PutLogEvents'],
                  Resource: '*',
                },
              ],
            }),
          ),
        ],
      });
    }),
};

export const workflowLinks: readonly Link[] = [logLevel, executionData, logDestination, executionRole];

/** Name of the log group to check: the one given, or the one that the machine logs to. */
export function watchedLogGroup(setup: Setup, machine: StateMachine | undefined): string | undefined {
  const [arn] = machine?.logGroupArns ?? [];
  return setup.logGroupName ?? (arn === undefined ? undefined : logGroupOf(arn));
}

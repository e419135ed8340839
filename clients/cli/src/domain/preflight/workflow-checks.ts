import { partitionOf } from '@stepcast/contracts';
import { couldNotCheck, fail, missing, pass, warn, worst, type Finding } from '../link.ts';
import { aws as awsOf } from '../shell.ts';
import { unknownCaller } from '../links/sso.ts';
import { logTo } from '../links/workflow.ts';
import type { Plan, PreflightCheck } from './facts.ts';

const MAX_RESOURCE_POLICIES = 10;

const aws = (region: string, ...words: readonly string[]) => awsOf({ region, profile: undefined }, ...words);

export const account: PreflightCheck = {
  id: 'deploy.account',
  title: 'The credentials are those of the state machine’s account',
  why: 'The stack goes where the state machine is; elsewhere nothing of it would arrive.',
  check({ account: wanted }, { caller }) {
    if (caller.state === 'unavailable') return unknownCaller(caller);
    const { accountId } = caller.value;
    return accountId === wanted
      ? pass(`account ${wanted}`)
      : fail({
          evidence: [`the state machine is in ${wanted}, the credentials are of ${accountId}`],
          repair: ['# choose the profile of that account with --profile'],
        });
  },
};

export const stack: PreflightCheck = {
  id: 'deploy.stack',
  title: 'The stack can be made or changed',
  why: 'CloudFormation takes no change to a stack that is busy, or whose creation has failed.',
  check({ stackName, region }, { stack: found }) {
    if (found.state === 'unavailable') return missing(found);
    if (!found.value.found) return pass(`${stackName} is new`);
    const status = found.value.value;
    if (status.endsWith('_IN_PROGRESS'))
      return fail({
        evidence: [`${stackName} is busy (${status})`],
        repair: ['# wait until it has ended'],
      });
    if (['ROLLBACK_COMPLETE', 'ROLLBACK_FAILED', 'CREATE_FAILED', 'DELETE_FAILED'].includes(status))
      return fail({
        evidence: [`${stackName} is ${status}: it can only be deleted, nothing of it is in use`],
        repair: [aws(region, 'cloudformation', 'delete-stack', '--stack-name', stackName)],
      });
    return pass(`${stackName} is changed (${status})`);
  },
};

export const stateMachine: PreflightCheck = {
  id: 'deploy.stateMachine',
  title: 'The state machine logs what the settings say',
  why: 'Progress is read from the log, and the rule of status events follows the settings.',
  check({ settings, logGroupName, region, account }, { stateMachine: found }) {
    if (found.state === 'unavailable') return missing(found);
    const arn = settings.stateMachineArn;
    if (!found.value.found)
      return fail({
        evidence: [`there is no state machine ${arn}`],
        repair: [
          aws(region, 'stepfunctions', 'list-state-machines', '--query', 'stateMachines[].stateMachineArn'),
          '# put the ARN of one of these into the settings, as "stateMachineArn"',
        ],
      });
    const machine = found.value.value;
    const { level = 'ALL', executionData = true } = settings.logging ?? {};
    const findings: Finding[] = [];
    const repair =
      level === 'OFF'
        ? []
        : [
            logTo({ region, profile: undefined }, arn, {
              level,
              executionData,
              logGroupArn: `arn:${partitionOf(region)}:logs:${region}:${account}:log-group:${logGroupName}:*`,
            }),
          ];
    if (machine.logLevel !== level)
      findings.push(
        fail({
          evidence: [`it logs at ${machine.logLevel}, the settings say ${level}`],
          repair: [...repair, `# or "logging": { "level": "${machine.logLevel}" } in the settings`],
        }),
      );
    if (machine.includesExecutionData !== executionData)
      findings.push(
        (executionData ? fail : warn)({
          evidence: [
            `it logs ${machine.includesExecutionData ? 'with' : 'without'} execution data, the settings say ${executionData ? 'with' : 'without'}`,
          ],
          repair: [
            ...repair,
            `# or "logging": { "executionData": ${String(machine.includesExecutionData)} } in the settings`,
          ],
        }),
      );
    if (
      machine.logLevel !== 'OFF' &&
      !machine.logGroupArns.some((one) => one.includes(`:log-group:${logGroupName}:`))
    )
      findings.push(
        fail({
          evidence: [
            machine.logGroupArns.length === 0
              ? 'it logs to no log group'
              : `it logs to ${machine.logGroupArns.join(', ')}, the settings say ${logGroupName}`,
          ],
          repair: [...repair, '# or the group that it logs to in the settings, as "logGroupName"'],
        }),
      );
    if (machine.type === 'EXPRESS') findings.push(...expressFindings(settings));
    return findings.length === 0 ? pass(`level ${level}, to ${logGroupName}`) : worst(findings);
  },
};

/** Express executions take a name any number of times, and have neither a history nor status events. */
function expressFindings({ startMode, logging }: Plan['settings']): readonly Finding[] {
  const { level = 'ALL', executionData = true } = logging ?? {};
  return [
    ...(startMode === 'managed'
      ? [
          fail({
            evidence: [
              'it is of type EXPRESS and startMode is managed: an upload event that comes twice would run it twice',
            ],
            repair: ['# "startMode": "observed", and a rule of yours that starts it'],
          }),
        ]
      : []),
    ...(level === 'ALL' && executionData
      ? []
      : [
          fail({
            evidence: [
              'it is of type EXPRESS: whose an execution is, and how it goes, stands in its log alone',
            ],
            repair: ['# log at level ALL with execution data, and leave "logging" out of the settings'],
          }),
        ]),
  ];
}

export const resourcePolicies: PreflightCheck = {
  id: 'deploy.resourcePolicies',
  title: 'CloudWatch Logs has room for one more resource policy',
  why: 'A region of an account has ten of them, and the stack makes one.',
  check({ names }, { logResourcePolicies: found }) {
    if (found.state === 'unavailable') return missing(found);
    const others = found.value.filter(({ name }) => name !== names.named('log-delivery'));
    return others.length < MAX_RESOURCE_POLICIES
      ? pass(`${others.length} of ${MAX_RESOURCE_POLICIES} are of others`)
      : fail({
          evidence: [`all ${MAX_RESOURCE_POLICIES} are taken: ${others.map(({ name }) => name).join(', ')}`],
          repair: ['# delete one that nothing needs: aws logs delete-resource-policy --policy-name …'],
        });
  },
};

export const iotEndpoint: PreflightCheck = {
  id: 'deploy.iotEndpoint',
  title: 'The IoT endpoint is that of this account',
  why: 'Each account and region has an endpoint of its own; at another’s every connection is refused.',
  check({ settings }, { iotEndpoint: found }) {
    if (found.state === 'unavailable') return couldNotCheck(found.reason);
    return found.value === settings.iotEndpoint
      ? pass(found.value)
      : fail({
          evidence: [`the settings say ${settings.iotEndpoint}, AWS IoT says ${found.value}`],
          repair: [`# "iotEndpoint": "${found.value}"`],
        });
  },
};

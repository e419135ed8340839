import { deploymentNames } from '@stepcast/wire';
import { ask, compile } from '../decide.ts';
import { type Chain } from '../evidence.ts';
import { accountOf } from '../expected.ts';
import { couldNotCheck, fail, missing, pass, warn, type Link } from '../link.ts';
import { type Setup } from '../setup.ts';
import { aws } from '../shell.ts';
import { watchedLogGroup } from './workflow.ts';

const DELIVERY = 'delivery.logs.amazonaws.com';

const skip = ({ stateMachineArn, logGroupName, sandboxUrl }: Setup) =>
  stateMachineArn === undefined && logGroupName === undefined
    ? 'no state machine and no log group are given'
    : sandboxUrl === undefined
      ? undefined
      : 'the sandbox hands log records to the forwarder itself';

function groupName(setup: Setup, chain: Chain): string | undefined {
  const { stateMachine } = chain;
  return watchedLogGroup(
    setup,
    stateMachine.state === 'known' && stateMachine.value.found ? stateMachine.value.value : undefined,
  );
}

export const logResourcePolicy: Link = {
  id: 'logs.resourcePolicy',
  title: 'CloudWatch Logs lets the log delivery write to the group',
  why: 'An account has ten such policies of 5,120 characters in a region. When they are full nothing is written any more; groups below /aws/vendedlogs/ share one.',
  skip,
  check(setup, chain) {
    const name = groupName(setup, chain);
    if (name === undefined) return couldNotCheck('no log group is known (see workflow.destination)');
    if (chain.logResourcePolicies.state === 'unavailable') return missing(chain.logResourcePolicies);
    const documents = chain.logResourcePolicies.value;
    const { policies, unreadable } = compile(documents, 'resource');
    const account = accountOf(setup);
    const arn = `arn:${setup.partition}:logs:${setup.region}:${account}:log-group:${name}:log-stream:states/doctor`;
    const denied = ['logs:CreateLogStream', 'logs:PutLogEvents'].filter(
      (action) =>
        !ask(
          { identity: [], resource: policies },
          {
            action,
            resource: arn,
            principal: { service: DELIVERY },
            context: {
              'aws:SourceAccount': account,
              'aws:SourceArn': `arn:${setup.partition}:logs:${setup.region}:${account}:doctor`,
            },
          },
        ).allowed,
    );
    if (denied.length === 0) {
      const full = documents.length >= 10;
      const largest = Math.max(0, ...documents.map(({ document }) => JSON.stringify(document).length));
      return full || largest > 4_800
        ? warn({
            evidence: [
              `${documents.length} of 10 policies, the largest of ${largest} of 5,120 characters: the next log group may find no room`,
            ],
            repair: [
              '# name log groups /aws/vendedlogs/states/…, which need no entry of their own',
              aws(setup, 'logs', 'describe-resource-policies'),
            ],
          })
        : pass(`${DELIVERY} may write to ${name}`);
    }
    if (unreadable.length > 0) return couldNotCheck(unreadable.join('; '));
    const scope = name.startsWith('/aws/vendedlogs/') ? '/aws/vendedlogs/*' : name;
    return fail({
      evidence: [`no resource policy lets ${DELIVERY} do ${denied.join(', ')} on ${name}`],
      repair: [
        aws(
          setup,
          'logs',
          'put-resource-policy',
          '--policy-name',
          deploymentNames({ stage: setup.stage }).named('log-delivery'),
          '--policy-document',
          JSON.stringify({
            Version: '2012-10-17',
            Statement: [
              {
                Sid: 'LogDelivery',
                Effect: 'Allow',
                Principal: { Service: DELIVERY },
                Action: ['logs:CreateLogStream', 'logs:PutLogEvents'],
                Resource: `arn:${setup.partition}:logs:${setup.region}:${account}:log-group:${scope}:log-stream:*`,
                Condition: { StringEquals: { 'aws:SourceAccount': account } },
              },
            ],
          }),
        ),
      ],
    });
  },
};

/** Patterns that keep records out by which steps are found: names are reached by walking from record to record. */
const keepsOut = /!=|Entered|Exited|Execution\*|Failed|"[A-Z][A-Za-z]+"/;

export const subscription: Link = {
  id: 'logs.subscription',
  title: 'The forwarder is subscribed to the log group, to all of it',
  why: 'This is the way of every step. A log group has room for two filters, and another tool may hold one; a filter that leaves records out breaks the chain by which steps are named.',
  skip,
  check(setup, chain) {
    const name = groupName(setup, chain);
    if (name === undefined) return couldNotCheck('no log group is known (see workflow.destination)');
    if (chain.subscriptionFilters.state === 'unavailable') return missing(chain.subscriptionFilters);
    const filters = chain.subscriptionFilters.value;
    const { forwarderFunctionName } = setup;
    const functionArn = `arn:${setup.partition}:lambda:${setup.region}:${accountOf(setup)}:function:${forwarderFunctionName}`;
    const ours = filters.find(
      ({ destinationArn }) => destinationArn.split(':function:')[1]?.split(':')[0] === forwarderFunctionName,
    );
    const put = (filterName: string) =>
      aws(
        setup,
        'logs',
        'put-subscription-filter',
        '--log-group-name',
        name,
        '--filter-name',
        filterName,
        '--filter-pattern',
        '',
        '--destination-arn',
        functionArn,
      );
    if (ours === undefined)
      return fail({
        evidence: [
          filters.length === 0
            ? `${name} has no subscription filter`
            : `${name} is subscribed to by ${filters.map((one) => `${one.name} (${one.destinationArn})`).join(', ')}, not by ${forwarderFunctionName}`,
        ],
        repair: [
          ...(filters.length >= 2
            ? [
                '# both places are taken; free one of them:',
                ...filters.map((one) =>
                  aws(
                    setup,
                    'logs',
                    'delete-subscription-filter',
                    '--log-group-name',
                    name,
                    '--filter-name',
                    one.name,
                  ),
                ),
              ]
            : []),
          aws(
            setup,
            'lambda',
            'add-permission',
            '--function-name',
            forwarderFunctionName,
            '--statement-id',
            'stepcast-logs',
            '--action',
            'lambda:InvokeFunction',
            '--principal',
            'logs.amazonaws.com',
            '--source-account',
            accountOf(setup),
            '--source-arn',
            `arn:${setup.partition}:logs:${setup.region}:${accountOf(setup)}:log-group:${name}:*`,
          ),
          put(forwarderFunctionName),
        ],
      });
    return keepsOut.test(ours.pattern)
      ? warn({
          evidence: [`the filter ${ours.name} lets only some records through: ${ours.pattern}`],
          repair: [put(ours.name)],
        })
      : pass(`${ours.name} to ${forwarderFunctionName}`);
  },
};

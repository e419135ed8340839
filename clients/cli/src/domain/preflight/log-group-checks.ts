import { REPORTS_FILTER_SUFFIX } from '@stepcast/wire';
import type { Evidence, LogGroup, Lookup, SubscriptionFilter } from '../evidence.ts';
import { fail, missing, pass, worst, type Finding } from '../link.ts';
import { aws as awsOf } from '../shell.ts';
import type { Plan, PreflightCheck } from './facts.ts';

/**
 * Subscription filters of a log group, at most. Source: CloudWatch Logs user guide, "CloudWatch Logs quotas".
 */
const MAX_FILTERS = 2;

/** The filters that a deployment has at a log group: the workflow's log, and the reports of tasks. A test compares with the templates. */
export function filtersOf(
  { logGroupName, names, settings: { reports } }: Plan,
  group: string,
): readonly string[] {
  return [
    ...(group === logGroupName ? [names.named('forwarder')] : []),
    // The name that infra/cdk gives it: that of the forwarder with an ending.
    ...(reports?.logGroupNames.includes(group) === true ? [names.named(REPORTS_FILTER_SUFFIX.slice(1))] : []),
  ];
}

/** Whether the deployment can subscribe to a log group. */
function takesSubscription(
  plan: Plan,
  group: string,
  found: Evidence<Lookup<LogGroup>>,
  filters: Evidence<readonly SubscriptionFilter[]>,
): Finding {
  const aws = (...words: readonly string[]) =>
    awsOf({ region: plan.region, profile: undefined }, 'logs', ...words, '--log-group-name', group);
  if (found.state === 'unavailable') return missing(found);
  if (!found.value.found)
    return fail({ evidence: [`there is no log group ${group}`], repair: [aws('create-log-group')] });
  const { logClass } = found.value.value;
  if (logClass !== 'STANDARD')
    return fail({
      evidence: [`${group} has the class ${logClass}; only STANDARD takes subscriptions`],
      repair: ['# log to another group; the class of a group cannot be changed'],
    });
  if (filters.state === 'unavailable') return missing(filters);
  const own = filtersOf(plan, group);
  const others = filters.value.filter(({ name }) => !own.includes(name));
  return others.length + own.length <= MAX_FILTERS
    ? pass(`${group}, ${others.length} of ${MAX_FILTERS} subscriptions are of others`)
    : fail({
        evidence: [`${group} has no room: ${others.map(({ name }) => name).join(', ')} are subscribed`],
        repair: others.map(({ name }) => `${aws('delete-subscription-filter')} --filter-name ${name}`),
      });
}

const why =
  'CloudFormation subscribes the forwarder to it: without it, or with two subscriptions of others, the deployment is rolled back.';

export const logGroup: PreflightCheck = {
  id: 'deploy.logGroup',
  title: 'The log group exists and has room for the subscription',
  why,
  check: (plan, { logGroup: found, subscriptionFilters }) =>
    takesSubscription(plan, plan.logGroupName, found, subscriptionFilters),
};

export const reports: PreflightCheck = {
  id: 'deploy.reports',
  title: 'The log groups of tasks that report exist and have room for the subscription',
  why,
  check(plan, { reportLogGroups }) {
    if (reportLogGroups.size === 0) return undefined;
    return worst(
      [...reportLogGroups].map(([name, { group, filters }]) => takesSubscription(plan, name, group, filters)),
    );
  },
};

import { partitionOf } from '@stepcast/contracts';
import { homeOf, namesOf, stackNameOf, type Settings } from '@stepcast/cdk/settings';
import type { Evidence, Lookup } from '../domain/evidence.ts';
import type { Diagnosis } from '../domain/diagnose.ts';
import type { AccountFacts, Named, Plan, ReportLogGroup } from '../domain/preflight/facts.ts';
import { judge } from '../domain/preflight/index.ts';
import { queueNamesOf, roleNamesOf } from '../domain/preflight/made-names.ts';
import type { AccountLimits } from '../ports/account-limits.port.ts';
import type { AccountNames } from '../ports/account-names.port.ts';
import type { Sources } from '../ports/sources.port.ts';

/** What is asked before a deployment. */
export interface PreflightSources {
  readonly sources: Pick<
    Sources,
    'caller' | 'stateMachines' | 'logs' | 'iot' | 'roles' | 'queues' | 'userPools' | 'identityPools'
  >;
  readonly names: AccountNames;
  readonly limits: AccountLimits;
}

/** What is deployed with these settings, and where. */
export function planOf(settings: Settings): Plan {
  const { account, region } = homeOf(settings);
  const names = namesOf(settings);
  const machine = settings.stateMachineArn.slice(settings.stateMachineArn.lastIndexOf(':') + 1);
  return {
    settings,
    names,
    account,
    region,
    stackName: stackNameOf(settings),
    logGroupName: settings.logGroupName ?? `/aws/vendedlogs/states/${machine}-Logs`,
    bucket: settings.bucket ?? names.bucket(account, region),
  };
}

/** Asks the account everything at once, and judges. Changes nothing. */
export async function runPreflight(plan: Plan, from: PreflightSources): Promise<Diagnosis> {
  return judge(plan, await factsOf(plan, from));
}

async function factsOf(
  plan: Plan,
  { sources, names: account, limits }: PreflightSources,
): Promise<AccountFacts> {
  const { settings, names, logGroupName, region } = plan;
  const { userPool, identityPool } = settings;
  const arn = (name: string) => `arn:${partitionOf(region)}:iam::${plan.account}:role/${name}`;
  const roleNames =
    identityPool?.authenticatedRoleName === undefined
      ? []
      : [
          identityPool.authenticatedRoleName,
          identityPool.guestRoleName,
          settings.kvs?.speakerRoleName,
          settings.kvs?.listenerRoleName,
        ].filter((name) => name !== undefined);
  const [
    caller,
    stack,
    stateMachine,
    logGroup,
    subscriptionFilters,
    reportLogGroups,
    logResourcePolicies,
    iotEndpoint,
    vpcs,
    concurrentFunctions,
    zones,
    bucket,
    journalKeys,
    made,
    userPoolClient,
    pool,
    existingRoles,
  ] = await Promise.all([
    sources.caller.caller(),
    account.stack(plan.stackName),
    sources.stateMachines.stateMachine(settings.stateMachineArn),
    sources.logs.logGroup(logGroupName),
    sources.logs.subscriptionFilters(logGroupName),
    groupsOfReports(sources),
    sources.logs.resourcePolicies(),
    sources.iot.dataEndpoint(),
    limits.vpcs(),
    limits.concurrentFunctions(),
    limits.zones(),
    account.bucket(plan.bucket),
    account.table(settings.journalTable ?? names.journalTable),
    madeThings(sources),
    userPool === undefined
      ? undefined
      : sources.userPools.client(userPool.userPoolId, userPool.userPoolClientId),
    identityPool === undefined ? undefined : sources.identityPools.pool(identityPool.identityPoolId),
    Promise.all(roleNames.map(async (name) => [name, await sources.roles.role(arn(name))] as const)),
  ]);
  const journal: readonly Named[] =
    settings.journalTable === undefined
      ? [
          {
            what: 'table',
            name: names.journalTable,
            adoptedBy: `"journalTable": "${names.journalTable}"`,
            there: journalKeys,
          },
        ]
      : [];
  return {
    caller,
    stack,
    stateMachine,
    logGroup,
    subscriptionFilters,
    reportLogGroups,
    logResourcePolicies,
    iotEndpoint,
    vpcs,
    concurrentFunctions,
    zones,
    bucket,
    journalKeys,
    made: [...journal, ...made],
    userPoolClient,
    identityPool: pool,
    existingRoles: new Map(existingRoles),
  };

  /** One after the other: there may be a hundred, and CloudWatch Logs answers ten such calls a second. */
  async function groupsOfReports({
    logs,
  }: PreflightSources['sources']): Promise<AccountFacts['reportLogGroups']> {
    const found = new Map<string, ReportLogGroup>();
    for (const name of settings.reports?.logGroupNames ?? []) {
      const [group, filters] = await Promise.all([logs.logGroup(name), logs.subscriptionFilters(name)]);
      found.set(name, { group, filters });
    }
    return found;
  }

  async function madeThings({ queues, roles, iot }: PreflightSources['sources']): Promise<readonly Named[]> {
    const one = async (what: string, name: string, there: Promise<Evidence<Lookup<unknown>>>) => ({
      what,
      name,
      adoptedBy: undefined,
      there: await there,
    });
    return Promise.all([
      ...queueNamesOf(plan).map((name) => one('queue', name, queues.queue(name))),
      ...roleNamesOf(plan).map((name) => one('role', name, roles.role(arn(name)))),
      one(`IoT policy in ${region}`, names.iotPolicy, iot.policy(names.iotPolicy)),
    ]);
  }
}

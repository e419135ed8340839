import { fail, missing, pass, warn } from '../link.ts';
import type { AccountFacts, Plan, PreflightCheck } from './facts.ts';

/**
 * Of the regions where not every zone offers Fargate, the IDs of those that do. Source: Amazon ECS developer guide, "Supported Regions for
 * Linux containers on AWS Fargate".
 */
const WITH_FARGATE: Readonly<Record<string, readonly string[]>> = {
  'us-west-1': ['usw1-az1', 'usw1-az3'],
  'ca-central-1': ['cac1-az1', 'cac1-az2'],
  'ap-northeast-1': ['apne1-az1', 'apne1-az2', 'apne1-az4'],
};
/** New accounts have ten. Uploads that come together each need a run of the forwarder, and the functions of the workflow share it. */
const FEW_FUNCTIONS = 50;

/** A stack that is there has its VPC already. */
const makesVpc = ({ settings }: Plan, { stack }: AccountFacts): boolean =>
  settings.network === undefined && !(stack.state === 'known' && stack.value.found);

export const vpcQuota: PreflightCheck = {
  id: 'deploy.vpc',
  title: 'The region takes one more VPC',
  why: 'The stack makes one, and a region takes five of an account unless it was asked for more.',
  check(plan, facts) {
    if (!makesVpc(plan, facts)) return undefined;
    const { vpcs } = facts;
    if (vpcs.state === 'unavailable') return missing(vpcs);
    const { used, allowed } = vpcs.value;
    return used < allowed
      ? pass(`${used} of ${allowed} are taken`)
      : fail({
          evidence: [`all ${allowed} VPCs of ${plan.region} are taken`],
          repair: [
            '# use one that is there: "network" in the settings',
            `aws service-quotas request-service-quota-increase --region ${plan.region} --service-code vpc --quota-code L-F678F1CE --desired-value ${allowed + 1}`,
          ],
        });
  },
};

export const zones: PreflightCheck = {
  id: 'deploy.zones',
  title: 'The zones are there, and take what is put into them',
  why: 'Containers run on Fargate, which a few zones do not offer.',
  check(plan, facts) {
    if (!makesVpc(plan, facts)) return undefined;
    const { settings, region } = plan;
    const { zones: found } = facts;
    if (found.state === 'unavailable') return missing(found);
    const ids = new Map(found.value.map(({ name, id }) => [name, id]));
    const chosen = settings.zones ?? found.value.slice(0, 2).map(({ name }) => name);
    const suits = (name: string) => WITH_FARGATE[region]?.includes(ids.get(name) ?? '') ?? true;
    const evidence = [
      ...(chosen.length < 2 ? [`${region} has fewer than two zones for this account`] : []),
      ...chosen.flatMap((name) => {
        const id = ids.get(name);
        if (id === undefined) return [`there is no zone ${name} in ${region}`];
        return suits(name) ? [] : [`${name} is ${id} in this account, which does not offer Fargate`];
      }),
    ];
    if (evidence.length === 0)
      return pass(chosen.map((name) => `${name} (${ids.get(name) ?? ''})`).join(', '));
    const good = [...ids.keys()].filter(suits).slice(0, 2);
    return fail({
      evidence,
      repair: [good.length < 2 ? '# choose another region' : `# "zones": ${JSON.stringify(good)}`],
    });
  },
};

export const functionQuota: PreflightCheck = {
  id: 'deploy.functions',
  title: 'Lambda runs enough functions at the same time',
  why: 'What is above the quota of the account waits and is tried again: progress comes late.',
  check(_plan, { concurrentFunctions: found }) {
    if (found.state === 'unavailable') return missing(found);
    return found.value >= FEW_FUNCTIONS
      ? pass(`${found.value} may run, those of others included`)
      : warn({
          evidence: [`${found.value} may run in this account and region, those of your workflow included`],
          repair: [
            'aws service-quotas request-service-quota-increase --service-code lambda --quota-code L-B99A9384 --desired-value 1000',
          ],
        });
  },
};

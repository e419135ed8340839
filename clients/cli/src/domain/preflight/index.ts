import { mask } from '@stepcast/operations';
import type { Diagnosis } from '../diagnose.ts';
import type { LinkResult } from '../link.ts';
import type { AccountFacts, Plan, PreflightCheck } from './facts.ts';
import { functionQuota, vpcQuota, zones } from './limit-checks.ts';
import { logGroup, reports } from './log-group-checks.ts';
import { adopted, namesFree, protection } from './name-checks.ts';
import { account, iotEndpoint, resourcePolicies, stack, stateMachine } from './workflow-checks.ts';

/** In the order in which somebody would mend them. */
export const PREFLIGHT_CHECKS: readonly PreflightCheck[] = [
  account,
  stack,
  // A machine can log to a group that is there.
  logGroup,
  stateMachine,
  reports,
  resourcePolicies,
  iotEndpoint,
  vpcQuota,
  zones,
  functionQuota,
  namesFree,
  adopted,
  protection,
];

/** What stands in the way of a deployment. Texts that came from elsewhere are masked. */
export function judge(plan: Plan, facts: AccountFacts): Diagnosis {
  const results: LinkResult[] = [];
  const skipped: { link: string; reason: string }[] = [];
  for (const one of PREFLIGHT_CHECKS) {
    const { id, title, why } = one;
    const finding = one.check(plan, facts);
    if (finding === undefined) skipped.push({ link: id, reason: 'nothing of this deployment asks for it' });
    else
      results.push({
        link: id,
        title,
        why,
        local: false,
        ...finding,
        evidence: finding.evidence.map((line) => mask(line)),
        repair: finding.repair.map((line) => mask(line)),
      });
  }
  return { results, skipped };
}

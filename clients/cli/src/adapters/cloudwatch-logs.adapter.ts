import {
  DescribeResourcePoliciesCommand,
  paginateDescribeLogGroups,
  paginateDescribeSubscriptionFilters,
  type CloudWatchLogsClient,
} from '@aws-sdk/client-cloudwatch-logs';
import { parseJson } from '@stepcast/contracts';
import * as z from 'zod';
import { known } from '../domain/evidence.ts';
import type { LogSource } from '../ports/sources.port.ts';
import { answer } from './answer.ts';

/** Log groups, who may write to them, who is subscribed. */
export function createCloudWatchLogs(client: CloudWatchLogsClient): LogSource {
  return {
    async logGroup(name) {
      const found = await answer('logs:DescribeLogGroups', async () => {
        for await (const page of paginateDescribeLogGroups({ client }, { logGroupNamePrefix: name })) {
          const group = page.logGroups?.find(({ logGroupName }) => logGroupName === name);
          if (group !== undefined) return { name, logClass: group.logGroupClass ?? 'STANDARD' };
        }
        return undefined;
      });
      if (found.state === 'unavailable') return found;
      return known(found.value === undefined ? { found: false } : { found: true, value: found.value });
    },
    resourcePolicies: () =>
      answer('logs:DescribeResourcePolicies', async () => {
        const policies: { name: string; document: unknown }[] = [];
        let nextToken: string | undefined;
        // Ten policies at most in a region; a page that leads nowhere must not be asked for ever.
        for (let page = 0; page < 10; page += 1) {
          const { resourcePolicies = [], nextToken: next } = await client.send(
            new DescribeResourcePoliciesCommand({ nextToken }),
          );
          for (const { policyName = '', policyDocument = '' } of resourcePolicies) {
            const parsed = parseJson(z.unknown(), policyDocument);
            policies.push({ name: policyName, document: parsed.ok ? parsed.value : policyDocument });
          }
          if (next === undefined) break;
          nextToken = next;
        }
        return policies;
      }),
    subscriptionFilters: (logGroup) =>
      answer('logs:DescribeSubscriptionFilters', async () => {
        const filters: { name: string; pattern: string; destinationArn: string }[] = [];
        for await (const page of paginateDescribeSubscriptionFilters({ client }, { logGroupName: logGroup }))
          for (const {
            filterName = '',
            filterPattern = '',
            destinationArn = '',
          } of page.subscriptionFilters ?? [])
            filters.push({ name: filterName, pattern: filterPattern, destinationArn });
        return filters;
      }),
  };
}

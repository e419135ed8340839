import { GetServiceQuotaCommand, ServiceQuotasClient } from '@aws-sdk/client-service-quotas';
import type { ClientOptions } from '@stepcast/operations';
import type { AccountLimits } from '../ports/account-limits.port.ts';
import { answer } from './answer.ts';

/** Source: Service Quotas console, `vpc` and `lambda`. */
const VPCS = { ServiceCode: 'vpc', QuotaCode: 'L-F678F1CE' };
const CONCURRENCY = { ServiceCode: 'lambda', QuotaCode: 'L-B99A9384' };
/** Regions have fewer VPCs than this; a page is enough. */
const MAX_VPCS = 1_000;

async function loadEc2(options: ClientOptions) {
  const sdk = await import('@aws-sdk/client-ec2');
  return { sdk, client: new sdk.EC2Client(options) };
}

/** By EC2 and Service Quotas. EC2's client is the largest of all, so it is loaded when it is asked for the first time. */
export function createAccountLimits(options: ClientOptions): AccountLimits & { close(): void } {
  const quotas = new ServiceQuotasClient(options);
  let ec2: ReturnType<typeof loadEc2> | undefined;
  const loaded = () => (ec2 ??= loadEc2(options));

  async function quotaOf(which: typeof VPCS): Promise<number> {
    const { Quota } = await quotas.send(new GetServiceQuotaCommand(which));
    if (Quota?.Value === undefined) throw new TypeError(`${which.QuotaCode} has no value`);
    return Quota.Value;
  }

  return {
    vpcs: async () => {
      const allowed = await answer('servicequotas:GetServiceQuota', () => quotaOf(VPCS));
      if (allowed.state === 'unavailable') return allowed;
      return answer('ec2:DescribeVpcs', async () => {
        const { sdk, client } = await loaded();
        const { Vpcs = [] } = await client.send(new sdk.DescribeVpcsCommand({ MaxResults: MAX_VPCS }));
        return { allowed: allowed.value, used: Vpcs.length };
      });
    },
    concurrentFunctions: () => answer('servicequotas:GetServiceQuota', () => quotaOf(CONCURRENCY)),
    zones: () =>
      answer('ec2:DescribeAvailabilityZones', async () => {
        const { sdk, client } = await loaded();
        const { AvailabilityZones = [] } = await client.send(
          new sdk.DescribeAvailabilityZonesCommand({
            Filters: [
              { Name: 'zone-type', Values: ['availability-zone'] },
              { Name: 'state', Values: ['available'] },
            ],
          }),
        );
        return AvailabilityZones.flatMap(({ ZoneName: name, ZoneId: id }) =>
          name === undefined || id === undefined ? [] : [{ name, id }],
        ).toSorted((a, b) => a.name.localeCompare(b.name));
      }),
    close() {
      quotas.destroy();
      void ec2?.then(({ client }) => {
        client.destroy();
      });
    },
  };
}

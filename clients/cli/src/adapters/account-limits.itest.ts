import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { patience } from '@stepcast/operations';
import type { AccountLimits } from '../ports/account-limits.port.ts';
import { json, jsonError, openAwsWire, type AwsWire } from '../testing/aws-wire.ts';
import { createAccountLimits } from './account-limits.adapter.ts';

let wire: AwsWire;
let limits: AccountLimits & { close(): void };
beforeAll(async () => {
  wire = await openAwsWire();
  limits = createAccountLimits({ ...patience, ...wire.options() });
});
beforeEach(() => {
  wire.reset();
});
afterAll(async () => {
  limits.close();
  await wire.close();
});

const quota = (Value: number) => json({ Quota: { Value } });

describe('what a region still gives to an account', () => {
  it('is VPCs: how many it takes, and how many there are', async () => {
    wire.replies.set('GetServiceQuota', quota(5));
    wire.replies.set('DescribeVpcs', {
      body: '<DescribeVpcsResponse><vpcSet><item><vpcId>vpc-1</vpcId></item><item><vpcId>vpc-2</vpcId></item></vpcSet></DescribeVpcsResponse>',
    });
    expect(await limits.vpcs()).toEqual({ state: 'known', value: { allowed: 5, used: 2 } });
  });

  it('is functions that run at the same time', async () => {
    wire.replies.set('GetServiceQuota', quota(1_000));
    expect(await limits.concurrentFunctions()).toEqual({ state: 'known', value: 1_000 });
  });

  it('is zones, in the order in which CloudFormation lists them', async () => {
    wire.replies.set('DescribeAvailabilityZones', {
      body: '<DescribeAvailabilityZonesResponse><availabilityZoneInfo><item><zoneName>us-east-1b</zoneName><zoneId>use1-az3</zoneId></item><item><zoneName>us-east-1a</zoneName><zoneId>use1-az6</zoneId></item></availabilityZoneInfo></DescribeAvailabilityZonesResponse>',
    });
    expect(await limits.zones()).toEqual({
      state: 'known',
      value: [
        { name: 'us-east-1a', id: 'use1-az6' },
        { name: 'us-east-1b', id: 'use1-az3' },
      ],
    });
  });

  it('that may not be asked is said', async () => {
    wire.replies.set('GetServiceQuota', jsonError('AccessDeniedException', 'no'));
    expect(await limits.vpcs()).toEqual({
      state: 'unavailable',
      reason: expect.stringMatching(/^servicequotas:GetServiceQuota: not allowed to look/),
    });
  });
});

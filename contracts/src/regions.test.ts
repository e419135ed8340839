import { describe, expect, it } from 'vitest';
import { findRegionAndGuid, IdentityId, isRegion, partitionOf, regionOfId } from './index.ts';

const GUID = '1f0e2d3c-4b5a-c6d7-8e9f-0a1b2c3d4e5f';

describe('a region', () => {
  it.each(['us-east-1', 'eusc-de-east-1', 'us-isof-south-1', 'eu-isoe-west-1', 'ap-southeast-12'])(
    'is one: %s',
    (region) => {
      expect(isRegion(region)).toBe(true);
      expect(IdentityId.safeParse(`${region}:${GUID}`).success).toBe(true);
    },
  );

  it.each([
    '',
    'us',
    'us-1',
    'us-east',
    'us-east-*',
    'US-EAST-1',
    'us-east-1\n',
    'us--east-1',
    'us-east-123',
  ])('is none: %j', (text) => {
    expect(isRegion(text)).toBe(false);
    expect(regionOfId(`${text}:${GUID}`)).toBeUndefined();
  });

  it.each([
    ['us-east-1', 'aws'],
    ['us-gov-west-1', 'aws-us-gov'],
    ['cn-north-1', 'aws-cn'],
    ['eusc-de-east-1', 'aws-eusc'],
    ['us-isof-south-1', 'aws-iso-f'],
    ['zz-new-1', 'aws'],
  ])('%s is of the partition %s', (region, partition) => {
    expect(partitionOf(region)).toBe(partition);
  });
});

it('an ID without a separator names no region', () => {
  expect(regionOfId('us-east-1')).toBeUndefined();
  expect(regionOfId('')).toBeUndefined();
});

it('an identity ID is found in linear time, or not at all', () => {
  expect(findRegionAndGuid(`x us-east-1:${GUID}.`)).toBe(`us-east-1:${GUID}`);
  const before = process.threadCpuUsage();
  expect(findRegionAndGuid('aa-'.repeat(200_000))).toBeUndefined();
  expect(process.threadCpuUsage(before).user).toBeLessThan(1_000_000);
});

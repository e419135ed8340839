import { describe, expect, it } from 'vitest';
import {
  dnsSuffixOf,
  findRegionAndGuid,
  IdentityId,
  isExecutionArn,
  isRegion,
  keyTemplate,
  partitionOf,
  regionOfId,
  regionOfIotEndpoint,
  topicSpace,
  userPoolProvider,
} from '@stepcast/contracts';
import { buildPolicies } from '@stepcast/policies';
import { partitionsSource, presentSource, sdkPartitions } from '../partitions/sdk-partitions.ts';

const GUID = '1f0e2d3c-4b5a-c6d7-8e9f-0a1b2c3d4e5f';
const partitions = await sdkPartitions();
const regions = partitions.flatMap(({ id, dnsSuffix, regions: all }) =>
  all.map((region) => ({ region, partition: id, dnsSuffix })),
);

it('the partitions in contracts are those of the AWS SDK', async () => {
  expect(await presentSource()).toBe(await partitionsSource());
});

it('the SDK lists the regions that patterns of two-letter countries refused', () => {
  const names = regions.map(({ region }) => region);
  expect(names).toEqual(expect.arrayContaining(['eusc-de-east-1', 'us-isof-south-1', 'eu-isoe-west-1']));
});

describe.each(regions)('$region', ({ region, partition, dnsSuffix }) => {
  const identity = `${region}:${GUID}`;

  it(`is a region of ${partition}, under ${dnsSuffix}`, () => {
    expect(isRegion(region)).toBe(true);
    expect(partitionOf(region)).toBe(partition);
    expect(dnsSuffixOf(region)).toBe(dnsSuffix);
    expect(userPoolProvider(region, `${region}_Ab3`)).toBe(
      `cognito-idp.${region}.${dnsSuffix}/${region}_Ab3`,
    );
  });

  it('is found in identity IDs, user pool IDs and endpoints', () => {
    expect(regionOfId(identity)).toBe(region);
    expect(regionOfId(`${region}_Ab3dEf9Gh`)).toBe(region);
    expect(regionOfIotEndpoint(`a1b2-ats.iot.${region}.${dnsSuffix}`)).toBe(region);
    expect(regionOfIotEndpoint(`a1b2-ats.iot.${region}.${dnsSuffix}.example.com`)).toBeUndefined();
    expect(findRegionAndGuid(`denied on users/${identity}/x.png`)).toBe(identity);
  });

  it('has identities that own keys and topics', () => {
    const identityId = IdentityId.parse(identity);
    expect(keyTemplate('users/{identityId}/').ownerOf(`users/${identity}/x.png`)).toEqual({
      kind: 'identity',
      identityId,
    });
    const space = topicSpace('stepcast');
    expect(space.parse(space.build({ kind: 'overview', identityId }))).toMatchObject({ identityId });
  });

  it('has executions', () => {
    expect(isExecutionArn(`arn:${partition}:states:${region}:111122223333:execution:Photo:run-1`)).toBe(true);
  });

  it('has documents of policies', () => {
    const documents = buildPolicies({
      region,
      accountId: '111122223333',
      bucket: 'uploads',
      identityPoolId: identity,
    });
    expect(JSON.stringify(documents)).toContain(`arn:${partition}:iot:${region}:111122223333:`);
  });
});

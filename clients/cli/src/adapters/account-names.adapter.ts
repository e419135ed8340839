import { DescribeStacksCommand, type CloudFormationClient } from '@aws-sdk/client-cloudformation';
import { DescribeTableCommand, type DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { HeadBucketCommand, type S3Client } from '@aws-sdk/client-s3';
import { asError } from '@stepcast/kit';
import { known, unavailable } from '../domain/evidence.ts';
import type { AccountNames } from '../ports/account-names.port.ts';
import { lookUp, named, reasonOf } from './answer.ts';
import { isNoStack } from './cloudformation-stacks.adapter.ts';

/** S3 answers HEAD without a body, so errors have no name but their status. */
function statusOf(thrown: unknown): number | undefined {
  const error = asError(thrown);
  if (!('$metadata' in error)) return undefined;
  const metadata = error.$metadata;
  if (typeof metadata !== 'object' || metadata === null || !('httpStatusCode' in metadata)) return undefined;
  return typeof metadata.httpStatusCode === 'number' ? metadata.httpStatusCode : undefined;
}

/** What is deployed under a name, by CloudFormation, S3 and DynamoDB. */
export function createAccountNames({
  stacks,
  s3,
  dynamodb,
}: {
  readonly stacks: CloudFormationClient;
  readonly s3: S3Client;
  readonly dynamodb: DynamoDBClient;
}): AccountNames {
  return {
    stack: (name) =>
      lookUp('cloudformation:DescribeStacks', isNoStack, async () => {
        const { Stacks = [] } = await stacks.send(new DescribeStacksCommand({ StackName: name }));
        return Stacks[0]?.StackStatus ?? 'unknown';
      }),
    async bucket(name) {
      try {
        await s3.send(new HeadBucketCommand({ Bucket: name }));
        return known('ours');
      } catch (thrown) {
        const status = statusOf(thrown);
        if (status === 404) return known('free');
        // Another region, or somebody else's; of which of them is not said without rights.
        if (status === 301 || status === 403) return known('foreign');
        return unavailable(reasonOf('s3:HeadBucket', thrown));
      }
    },
    table: (name) =>
      lookUp('dynamodb:DescribeTable', named('ResourceNotFoundException'), async () => {
        const { Table } = await dynamodb.send(new DescribeTableCommand({ TableName: name }));
        return (Table?.KeySchema ?? [])
          .toSorted((a, b) => (a.KeyType ?? '').localeCompare(b.KeyType ?? ''))
          .map(({ AttributeName = '' }) => AttributeName);
      }),
  };
}

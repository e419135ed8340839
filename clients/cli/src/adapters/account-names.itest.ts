import { CloudFormationClient } from '@aws-sdk/client-cloudformation';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { S3Client } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { AccountNames } from '../ports/account-names.port.ts';
import { json, jsonError, openAwsWire, type AwsWire } from '../testing/aws-wire.ts';
import { createAccountNames } from './account-names.adapter.ts';

let wire: AwsWire;
let names: AccountNames;
beforeAll(async () => {
  wire = await openAwsWire();
  names = createAccountNames({
    stacks: new CloudFormationClient(wire.options()),
    s3: new S3Client({ ...wire.options(), forcePathStyle: true }),
    dynamodb: new DynamoDBClient(wire.options()),
  });
});
beforeEach(() => {
  wire.reset();
});
afterAll(() => wire.close());

describe('what an account has under a name', () => {
  it.each([
    [200, { state: 'known', value: 'ours' }],
    [404, { state: 'known', value: 'free' }],
    [403, { state: 'known', value: 'foreign' }],
    [400, { state: 'unavailable', reason: expect.stringMatching(/^s3:HeadBucket: /) }],
  ])('a bucket that S3 answers %i for', async (status, evidence) => {
    wire.replies.set('HEAD /uploads?', { status, body: '' });
    expect(await names.bucket('uploads')).toEqual(evidence);
  });

  it('a table, by its keys, the partition’s first', async () => {
    wire.replies.set(
      'DescribeTable',
      json({
        Table: {
          KeySchema: [
            { AttributeName: 'sk', KeyType: 'RANGE' },
            { AttributeName: 'pk', KeyType: 'HASH' },
          ],
        },
      }),
    );
    expect(await names.table('stepcast-journal')).toEqual({
      state: 'known',
      value: { found: true, value: ['pk', 'sk'] },
    });
    wire.replies.set('DescribeTable', jsonError('ResourceNotFoundException', 'no'));
    expect(await names.table('stepcast-journal')).toEqual({ state: 'known', value: { found: false } });
  });

  it('a stack, by its status; one that is not there, and one that may not be read', async () => {
    wire.replies.set('DescribeStacks', {
      body: '<DescribeStacksResponse><DescribeStacksResult><Stacks><member><StackName>stepcast</StackName><StackStatus>ROLLBACK_COMPLETE</StackStatus></member></Stacks></DescribeStacksResult></DescribeStacksResponse>',
    });
    expect(await names.stack('stepcast')).toEqual({
      state: 'known',
      value: { found: true, value: 'ROLLBACK_COMPLETE' },
    });
    const error = (code: string, message: string) => ({
      status: 400,
      body: `<ErrorResponse><Error><Code>${code}</Code><Message>${message}</Message></Error></ErrorResponse>`,
    });
    wire.replies.set('DescribeStacks', error('ValidationError', 'Stack with id stepcast does not exist'));
    expect(await names.stack('stepcast')).toEqual({ state: 'known', value: { found: false } });
    wire.replies.set('DescribeStacks', error('AccessDenied', 'no'));
    expect(await names.stack('stepcast')).toMatchObject({ state: 'unavailable' });
  });
});

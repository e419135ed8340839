import { describe, expect, it } from 'vitest';
import fc from 'fast-check';
import { isJson, parseTaskResource, type Json, type ServiceCall } from '@stepcast/asl-interpreter';
import { valueOfShape } from './make-value.ts';
import { createStandIns } from './stand-ins.ts';

function callOf(resource: string, parameters: Json = {}): ServiceCall {
  const parsed = parseTaskResource(`arn:aws:states:::${resource}`);
  if (parsed?.kind !== 'service') throw new TypeError(resource);
  return {
    resource: parsed,
    parameters,
    stateName: 'S',
    stateMachineArn: 'm',
    executionArn: 'e',
    attempt: 0,
    taskToken: undefined,
    signal: new AbortController().signal,
    requestId: 'r1',
  };
}
const answer = (resource: string, parameters: Json = {}, definition = '{}') =>
  createStandIns({ region: 'us-east-1', accountId: '111122223333', nowMs: () => 0, definition })(
    callOf(resource, parameters),
  );

describe('a stand-in', () => {
  it('has the shape of the output, says what was sent, and is marked', () => {
    expect(answer('aws-sdk:transcribe:getTranscriptionJob', { TranscriptionJobName: 'mine' })).toMatchObject({
      TranscriptionJob: {
        TranscriptionJobName: 'mine',
        TranscriptionJobStatus: 'SUCCEEDED',
        CreationTime: '1970-01-01T00:00:00.000Z',
        Transcript: { TranscriptFileUri: 'https://stand-in.invalid/' },
      },
      SdkResponseMetadata: { RequestId: 'stand-in-r1' },
    });
  });

  it('says of a status what the definition waits for', () => {
    const definition = JSON.stringify({ Variable: '$.Status', StringEquals: 'COMPLETED', Next: 'Done' });
    expect(answer('aws-sdk:transcribe:getTranscriptionJob', {}, definition)).toMatchObject({
      TranscriptionJob: { TranscriptionJobStatus: 'COMPLETED' },
    });
  });

  it.each<[string, unknown]>([
    ['sns:publish', { MessageId: 'r1' }],
    ['dynamodb:getItem', { Item: { 'stand-in': { S: 'stand-in' } } }],
    ['events:putEvents', { FailedEntryCount: 1, Entries: [{ EventId: 'r1' }] }],
    ['ecs:runTask.sync', { LastStatus: 'SUCCEEDED' }],
    ['glue:startJobRun.sync', { JobRunState: 'SUCCEEDED' }],
    ['athena:startQueryExecution.sync', { QueryExecution: { Status: { State: 'SUCCEEDED' } } }],
    ['batch:submitJob.sync', { Status: 'SUCCEEDED', JobId: 'r1' }],
    ['states:startExecution', { ExecutionArn: expect.any(String) }],
    ['aws-sdk:sfn:describeExecution', { Status: 'SUCCEEDED' }],
    ['http:invoke', { StatusCode: 200, ResponseBody: {} }],
    ['bedrock:invokeModel', { Body: {} }],
    ['aws-sdk:nosuchservice:doIt', { SdkResponseMetadata: { RequestId: 'stand-in-r1' } }],
  ])('answers for %s', (resource, expected) => {
    expect(answer(resource)).toMatchObject(expected as object);
  });

  it.each<[string, object]>([
    ['createCluster', { ClusterId: 'r1' }],
    ['createCluster.sync', { ClusterId: 'r1' }],
    ['addStep', { StepId: 'r1' }],
    ['addStep.sync', { StepId: 'r1', Step: { Status: { State: 'SUCCEEDED' } } }],
    ['cancelStep', { CancelStepsInfo: { StepId: 'r1' } }],
    ['terminateCluster.sync', { Cluster: { Id: 'r1' } }],
  ])('had the answer of the API of EMR, where that of the integration is its own: %s', (action, expected) => {
    const value = answer(`elasticmapreduce:${action}`);
    expect(value).toMatchObject(expected);
    expect(value).not.toHaveProperty('JobFlowId');
  });

  it('has no token by which a list goes on: reading page after page would never end', () => {
    for (const resource of [
      'aws-sdk:s3:listObjectsV2',
      'aws-sdk:dynamodb:scan',
      'aws-sdk:ec2:describeInstances',
    ])
      expect(
        Object.keys(answer(resource) ?? {}).filter((name) => /token$|^Next|LastEvaluated/i.test(name)),
      ).toEqual([]);
  });

  it('is JSON for any shape, also a broken one', () => {
    const piece = fc.constantFrom(
      '{',
      '}',
      '[',
      ']',
      '<',
      '>',
      'Name:',
      'SS:',
      'NULL:',
      ',',
      's',
      'i',
      'b',
      't',
      'x',
    );
    const making = {
      nowMs: 0,
      requestId: 'r',
      region: 'r',
      accountId: 'a',
      service: 's',
      status: 'S',
      parameters: {},
    };
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 20 }), (pieces) => {
        expect(isJson(valueOfShape(pieces.join(''), making))).toBe(true);
      }),
    );
  });
});

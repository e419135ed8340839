import { describe, expect, it } from 'vitest';
import { objectCreatedEvent, statusChangeEvent } from './event-bridge.ts';

const envelope = {
  id: '6a7e8feb-b491-4cf7-a9f1-bf3703467718',
  accountId: '111122223333',
  region: 'us-east-1',
};

describe('the Object Created event', () => {
  const created = {
    bucket: 'progress-uploads-111122223333',
    key: 'users/us-east-1:1f0e2d3c-4b5a-c6d7-8e9f-0a1b2c3d4e5f/uploads/scan 01+%.png',
    size: 48213,
    etag: 'b1946ac92492d2347c6235b4d2611184',
    sequencer: '0069088CF1A7C3B2D4',
    requestId: 'N4N7GDK58NMKJ12R',
    sourceIp: '203.0.113.10',
    reason: 'PutObject',
    atMs: Date.parse('2026-11-03T10:15:29.611Z'),
  };

  it('has the documented form: the key raw, the time in seconds, the account as requester, no version', () => {
    expect(objectCreatedEvent(envelope, created)).toEqual({
      version: '0',
      id: '6a7e8feb-b491-4cf7-a9f1-bf3703467718',
      'detail-type': 'Object Created',
      source: 'aws.s3',
      account: '111122223333',
      time: '2026-11-03T10:15:29Z',
      region: 'us-east-1',
      resources: ['arn:aws:s3:::progress-uploads-111122223333'],
      detail: {
        version: '0',
        bucket: { name: 'progress-uploads-111122223333' },
        object: {
          key: 'users/us-east-1:1f0e2d3c-4b5a-c6d7-8e9f-0a1b2c3d4e5f/uploads/scan 01+%.png',
          size: 48213,
          etag: 'b1946ac92492d2347c6235b4d2611184',
          sequencer: '0069088CF1A7C3B2D4',
        },
        'request-id': 'N4N7GDK58NMKJ12R',
        requester: '111122223333',
        'source-ip-address': '203.0.113.10',
        reason: 'PutObject',
      },
    });
  });

  it('names the version where there is one', () => {
    const { detail } = objectCreatedEvent(envelope, {
      ...created,
      versionId: 'IYV3p45BT0ac8hjHg1houSdS1a.Mro8e',
    });
    expect(detail).toMatchObject({ object: { 'version-id': 'IYV3p45BT0ac8hjHg1houSdS1a.Mro8e' } });
  });
});

describe('the status change event', () => {
  const executionArn = 'arn:aws:states:us-east-1:111122223333:execution:ProgressPipeline:up-5f1c0a9e7b3d';

  it('carries the detail whole and the time of the change', () => {
    const detail = { executionArn, startDate: 1793700930123, stopDate: 1793700931040, status: 'FAILED' };
    expect(statusChangeEvent(envelope, detail)).toMatchObject({
      'detail-type': 'Step Functions Execution Status Change',
      source: 'aws.states',
      time: new Date(1793700931000).toISOString().replace('.000', ''),
      resources: [executionArn],
      detail,
    });
    expect(statusChangeEvent(envelope, { ...detail, stopDate: null }).time).toBe(
      new Date(1793700930000).toISOString().replace('.000', ''),
    );
  });
});

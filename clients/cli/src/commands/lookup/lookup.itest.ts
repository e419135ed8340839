import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import * as z from 'zod';
import {
  startSandboxProcess,
  until,
  type SandboxProcess,
  type Uploaded,
} from '../../testing/sandbox-process.ts';

let sandbox: SandboxProcess;
let first: Uploaded;
let second: Uploaded;

beforeAll(async () => {
  sandbox = await startSandboxProcess();
  first = await sandbox.upload('alice', 'one.txt', 'one line\nanother line\n');
  second = await sandbox.upload('bob', 'two.txt', 'words of bob\n');
  await sandbox.ended(first);
  await sandbox.ended(second);
});
afterAll(() => sandbox.end());

const Execution = z.object({
  executionArn: z.string(),
  owner: z.string(),
  proofs: z.array(z.object({ proof: z.string(), confidence: z.string() })),
  parked: z.object({ records: z.number(), firstId: z.number(), why: z.string() }).nullable(),
});
const Upload = z.object({
  identityId: z.string(),
  topics: z.object({ events: z.string() }),
  epochs: z.array(
    z.object({
      status: z.string(),
      firstOffset: z.number(),
      lastOffset: z.number(),
      executions: z.array(Execution),
    }),
  ),
});
const FoundUploads = z.object({ schema: z.literal('stepcast.lookup/v1'), uploads: z.array(Upload) });
const FoundExecution = z.object({ execution: Execution, upload: Upload.nullable() });

async function upload(text: string) {
  const found = await sandbox.stepcast('lookup', text, '--json');
  return found.json(FoundUploads).uploads[0];
}

describe('stepcast lookup, without any secret', () => {
  it('names the address that was asked for where nothing is known of it: it named only the upload ID', async () => {
    for (const command of ['lookup', 'replay']) {
      const { code, err } = await sandbox.stepcast(command, 's3://elsewhere/photo.png');
      expect({ code, err }).toEqual({
        code: 4,
        err: expect.stringMatching(/ of s3:\/\/elsewhere\/photo\.png \(upload [a-z2-7]{26}\)/),
      });
    }
  });

  it('reads the whole correlation of an upload by its ID, its address and its beginning', async () => {
    const byId = await upload(first.uploadId);
    expect(byId).toMatchObject({
      identityId: first.identityId,
      topics: { events: `stepcast/v1/${first.identityId}/uploads/${first.uploadId}/events` },
      epochs: [
        {
          status: 'succeeded',
          firstOffset: 1,
          executions: [
            {
              owner: 'owned',
              proofs: [
                { proof: 'managedStart', confidence: 'certain' },
                { proof: 'keyPrefix', confidence: 'certainIfPinned' },
              ],
              parked: null,
            },
          ],
        },
      ],
    });
    expect(await upload(`s3://${first.bucket}/${first.key}`)).toEqual(byId);
    expect(await upload(first.uploadId.slice(0, 12))).toEqual(byId);
  });

  it('finds an execution by its ARN and by the beginning of its name', async () => {
    const arn = (await upload(first.uploadId))?.epochs[0]?.executions[0]?.executionArn ?? '';
    const byArn = (await sandbox.stepcast('lookup', arn, '--json')).json(FoundExecution);
    expect(byArn.upload?.identityId).toBe(first.identityId);
    const byName = await sandbox.stepcast(
      'lookup',
      arn.slice(arn.lastIndexOf(':') + 1).slice(0, 20),
      '--json',
    );
    expect(byName.json(FoundExecution)).toEqual(byArn);
  });

  it('lists the uploads of an identity, for people', async () => {
    const { code, out } = await sandbox.stepcast('lookup', second.identityId);
    expect(code).toBe(0);
    expect(out).toContain(`overview  stepcast/v1/${second.identityId}/overview`);
    expect(out).toMatch(new RegExp(`${second.uploadId}  succeeded  100%`));
  });

  it('lists the candidates of an ambiguous beginning, and exits with 5', async () => {
    const { code, out, err } = await sandbox.stepcast('lookup', 'us-east-1:');
    expect({ code, out }).toEqual({ code: 5, out: '' });
    expect(err).toMatch(/"us-east-1:" stands for 2; give one of these in full:/);
    expect(err).toContain(first.identityId);
    expect(err).toContain(second.identityId);
  });

  it.each([
    ['us-east-1:00000000-0000-0000-0000-000000000000', 4, /nothing is known of us-east-1:0+-.*: no upload/],
    ['aaaaaaaaaaaaaaaaaaaaaaaaaa', 4, /nothing is known of a{26}: it was never uploaded/],
    ['arn:aws:states:us-east-1:111122223333:execution:None:none', 4, /no log record, status or upload event/],
    ['nothing-begins-so', 4, /nothing in the journal begins with "nothing-begins-so"/],
    ['s3://only-a-bucket', 64, /is no object such as s3:\/\/bucket\/key/],
    ['1f0e2d3c-4b5a-c6d7-8e9f-0a1b2c3d4e5f', 64, /a user-pool sub, not an identity ID/],
    ['x', 64, /too short/],
  ])('says of %s in one line that nothing is known, and exits with %d', async (what, exitCode, says) => {
    const { code, out, err } = await sandbox.stepcast('lookup', what);
    expect({ code, out }).toEqual({ code: exitCode, out: '' });
    expect(err).toMatch(says);
    expect(err.trim().split('\n')).toHaveLength(1);
  });

  it('says what waits and why: records without an owner', async () => {
    const arn = 'arn:aws:states:us-east-1:111122223333:execution:Foreign:nobody-1';
    await sandbox.deliverLogs(arn, [
      { id: 1, type: 'ExecutionStarted', previous: 0, details: { input: '{"answer":42}' } },
      { id: 2, type: 'PassStateEntered', previous: 1, details: { name: 'Begin' } },
    ]);
    await until(async () => (await sandbox.stepcast('lookup', arn)).code === 0);
    const { execution, upload: none } = (await sandbox.stepcast('lookup', arn, '--json')).json(
      FoundExecution,
    );
    expect(none).toBeNull();
    expect(execution).toMatchObject({ owner: 'waiting', parked: { records: 2, firstId: 1 } });
    expect(execution.parked?.why).toContain('names no uploaded object');
  });
});

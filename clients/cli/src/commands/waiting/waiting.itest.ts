import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import * as z from 'zod';
import {
  runForTest,
  startSandboxProcess,
  until,
  type SandboxProcess,
} from '../../testing/sandbox-process.ts';

let sandbox: SandboxProcess;
beforeAll(async () => {
  sandbox = await startSandboxProcess();
});
afterAll(() => sandbox.end());

const Held = z.object({
  executions: z.array(
    z.object({
      executionArn: z.string().nullable(),
      owner: z.string(),
      why: z.string(),
      parked: z.object({ records: z.number() }).nullable(),
    }),
  ),
});
const Changed = z.object({ done: z.array(z.object({ subject: z.string(), what: z.string() })) });
const Audited = z.object({
  entries: z.array(
    z.object({
      who: z.string(),
      action: z.string(),
      subject: z.string(),
      reason: z.string().nullable(),
      outcome: z.string(),
    }),
  ),
});
const held = async (group: string) => (await sandbox.stepcast(group, 'list', '--json')).json(Held).executions;
const audited = async () => (await sandbox.stepcast('audit', '--json')).json(Audited).entries;

async function parkRecords(name: string, input: object = {}): Promise<string> {
  const arn = `arn:aws:states:us-east-1:111122223333:execution:Foreign:${name}`;
  await sandbox.deliverLogs(arn, [
    { id: 1, type: 'ExecutionStarted', previous: 0, details: { input: JSON.stringify(input) } },
    { id: 2, type: 'PassStateEntered', previous: 1, details: { name: 'Begin' } },
  ]);
  await until(async () => (await held('parked')).some(({ executionArn }) => executionArn === arn));
  return arn;
}

describe('stepcast parked', () => {
  it('lists what waits and explains why, has it checked again without losing any, and drops it with a reason', async () => {
    const arn = await parkRecords('waits-1');
    expect(await held('parked')).toEqual([
      expect.objectContaining({
        executionArn: arn,
        owner: 'waiting',
        parked: expect.objectContaining({ records: 2 }),
      }),
    ]);
    const explained = await sandbox.stepcast('parked', 'explain', 'waits-1');
    expect(explained.out).toMatch(
      /why +no owner is proven: the input of the execution names no uploaded object/,
    );
    expect(explained.out).toMatch(/help +did an upload start it\?/);

    const retried = await sandbox.stepcast('parked', 'retry', 'waits-1', '--yes', '--json');
    expect(retried.json(Changed).done).toEqual([
      { subject: arn, what: '2 records sent to stepcast-events.fifo again' },
    ]);
    expect((await held('parked'))[0]?.parked?.records).toBe(2);

    const withoutReason = await sandbox.stepcast('parked', 'drop', 'waits-1', '--yes');
    expect({ code: withoutReason.code, err: withoutReason.err }).toEqual({
      code: 64,
      err: expect.stringContaining('--reason is missing'),
    });
    const dropped = await sandbox.stepcast('parked', 'drop', 'waits-1', '--yes', '--reason', 'a load test');
    expect(dropped.out).toBe(`${arn}: 2 records dropped\n`);
    expect(await held('parked')).toEqual([]);
    expect(await audited()).toEqual([
      expect.objectContaining({
        action: 'parked drop',
        outcome: 'done',
        subject: arn,
        reason: 'a load test',
      }),
      expect.objectContaining({ action: 'parked drop', outcome: 'begun' }),
      expect.objectContaining({ action: 'parked retry', outcome: 'done', reason: null }),
      expect.objectContaining({
        action: 'parked retry',
        outcome: 'begun',
        who: 'arn:aws:sts::111122223333:assumed-role/stepcast-operator/sandbox',
      }),
    ]);
    const [line = ''] = dropped.err.split('\n');
    expect(line).toMatch(
      /^\{"level":"info","service":"stepcast",.*"action":"parked drop",.*"msg":"operator action"\}$/,
    );
  });

  it('asks before it changes anything, and changes nothing where the answer is no or nobody can answer', async () => {
    await parkRecords('asked-1');
    const refused = await runForTest(['parked', 'retry', 'asked-1', '--endpoint', sandbox.url], {
      answers: [false],
    });
    expect(refused.err).toContain('Nothing was changed.');
    expect(refused.code).toBe(1);
    const nobody = await sandbox.stepcast('parked', 'retry', 'asked-1');
    expect({ code: nobody.code, err: nobody.err }).toEqual({
      code: 64,
      err: expect.stringMatching(
        /parked retry:\n {2}arn:.*asked-1\nstepcast: nobody can be asked here; add --yes/,
      ),
    });
    expect((await audited()).filter(({ subject }) => subject.includes('asked-1'))).toEqual([]);
    await sandbox.stepcast('parked', 'drop', '--all', '--yes', '--reason', 'done');
  });

  it('says that a key is still URL-encoded: it said only that the key proves nothing', async () => {
    const key = 'users/us-east-1%3A1f0e2d3c-4b5a-c6d7-8e9f-0a1b2c3d4e5f/uploads/scan+01.png';
    await parkRecords('encoded', { bucket: sandbox.place.bucket, key });
    const { out } = await sandbox.stepcast('parked', 'explain', 'encoded');
    expect(out).toMatch(
      /why +no owner is proven: .*, whose key is still URL-encoded: %3A where an identity ID/,
    );
    await sandbox.stepcast('parked', 'drop', 'encoded', '--yes', '--reason', 'a test');
  });

  it('names the candidates of a beginning of several, and changes none: it dropped all of them', async () => {
    for (const name of ['several', 'several-1', 'several-2']) await parkRecords(name);
    for (const line of [
      ['drop', 'several-', '--yes', '--reason', 'a slip'],
      ['retry', 'several-', '--yes'],
      ['explain', 'several-'],
    ]) {
      const { code, err, out } = await sandbox.stepcast('parked', ...line);
      expect(err).toMatch(
        /^stepcast: "several-" stands for 2; give one of these in full:\n {2}arn:.*several-\d\n/,
      );
      expect({ code, out }).toEqual({ code: 5, out: '' });
    }
    expect(await held('parked')).toHaveLength(3);
    // A whole name is that of one, whatever else begins so; named twice it is one change.
    const dropped = await sandbox.stepcast(
      ...['parked', 'drop', 'several', 'several', '--yes', '--reason', 'a test'],
    );
    expect(dropped.out).toMatch(/^arn:.*:several: 2 records dropped\n$/);
    await sandbox.stepcast('parked', 'drop', '--all', '--yes', '--reason', 'done');
  });

  it('drops by a whole name only: the same command again dropped an execution whose name begins so', async () => {
    for (const name of ['load-1', 'load-10']) await parkRecords(name);
    const drop = (name: string) =>
      sandbox.stepcast('parked', 'drop', name, '--yes', '--reason', 'a load test');
    expect((await drop('load-1')).out).toMatch(/:load-1: 2 records dropped\n$/);
    const again = await drop('load-1');
    expect({ code: again.code, out: again.out }).toEqual({ code: 5, out: '' });
    expect(again.err).toMatch(
      /"load-1" is only a beginning; what is dropped is named in full:\n {2}arn:.*load-10\n/,
    );
    // What a variable that is not set leaves of a command: it dropped the only one.
    const empty = await drop('');
    expect({ code: empty.code, err: empty.err }).toEqual({
      code: 64,
      err: expect.stringContaining('an empty name names no execution'),
    });
    const both = await sandbox.stepcast('parked', 'drop', 'load-10', '--all', '--yes', '--reason', 'both');
    expect(both.code).toBe(64);
    expect(await held('parked')).toHaveLength(1);
    await drop('load-10');
  });

  it('says what is not there', async () => {
    expect((await sandbox.stepcast('parked', 'list')).out).toBe('nothing is parked\n');
    const unknown = await sandbox.stepcast('parked', 'explain', 'nobody');
    expect({ code: unknown.code, err: unknown.err }).toEqual({
      code: 4,
      err: 'stepcast: nothing is parked that begins with "nobody"\n',
    });
  });
});

describe('stepcast quarantine', () => {
  it('lists an execution on a version that somebody else wrote, and releases it to the owner whose stream it is in', async () => {
    const uploaded = await sandbox.upload('alice', 'contested.txt', 'a line\n');
    await sandbox.ended(uploaded);
    await sandbox.sendUpload(uploaded.key, 'theirs');
    await until(async () => (await sandbox.statuses(uploaded)).length === 2);
    await sandbox.ended(uploaded);
    await sandbox.sendCaller(uploaded.key, 'theirs', 'us-east-1:99999999-9999-9999-9999-999999999999');
    await until(async () => (await held('quarantine')).length > 0);
    const [execution] = await held('quarantine');
    expect(execution).toMatchObject({
      executionArn: expect.stringContaining(':execution:MyWorkflow:up-'),
      why: 'keyPrefix and callerIdentity name different identities',
    });
    expect((await sandbox.stepcast('lookup', uploaded.uploadId)).out).toMatch(
      /owner +quarantined: keyPrefix and/,
    );

    const released = await sandbox.stepcast(
      'quarantine',
      'release',
      '--all',
      '--yes',
      '--reason',
      'a backend uploads',
    );
    expect(released.out).toMatch(new RegExp(`: released to ${uploaded.identityId}\n$`));
    expect(await held('quarantine')).toEqual([]);
    expect((await sandbox.stepcast('lookup', uploaded.uploadId)).out).toMatch(
      /proof +operator \(certain\): an operator released it/,
    );
    expect(await audited()).toEqual(
      expect.arrayContaining([
        expect.objectContaining({
          action: 'quarantine release',
          outcome: 'done',
          reason: 'a backend uploads',
        }),
      ]),
    );
    const none = await sandbox.stepcast('quarantine', 'release', '--all', '--yes', '--reason', 'again');
    expect({ code: none.code, err: none.err }).toEqual({
      code: 4,
      err: 'stepcast: nothing is quarantined\n',
    });
  });
});

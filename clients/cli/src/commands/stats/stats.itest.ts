import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import * as z from 'zod';
import { startSandboxProcess, until, type SandboxProcess } from '../../testing/sandbox-process.ts';

let sandbox: SandboxProcess;
beforeAll(async () => {
  sandbox = await startSandboxProcess();
});
afterAll(() => sandbox.end());

const Stats = z.object({
  hops: z.array(z.object({ queue: z.string(), depth: z.object({ visible: z.number() }).nullable() })),
  waiting: z.object({
    watched: z.object({ executions: z.number() }),
    parked: z.object({ executions: z.number(), records: z.number(), oldestMs: z.number().nullable() }),
    quarantined: z.number(),
    gaps: z.object({ declared: z.number() }),
  }),
  deadLetters: z.array(z.object({ code: z.string(), letters: z.number() })),
});

const stats = async () => (await sandbox.stepcast('stats', '--json')).json(Stats);

describe('stepcast stats', () => {
  it('counts nothing where nothing waits, and what waits where something does', async () => {
    expect((await stats()).waiting).toMatchObject({ parked: { records: 0, oldestMs: null }, quarantined: 0 });

    await sandbox.upload('alice', 'done.txt', 'a line\n');
    await sandbox.deliverLogs('arn:aws:states:us-east-1:111122223333:execution:Foreign:nobody', [
      { id: 1, type: 'ExecutionStarted', previous: 0, details: { input: '{}' } },
      { id: 2, type: 'PassStateEntered', previous: 1, details: { name: 'Begin' } },
    ]);
    // Outside of the key template: nobody is proven to own it.
    await sandbox.sendUpload('elsewhere/photo.png');
    // The end of the first one may be parked for a moment, until its log events have come; then its one record is counted alone, or too.
    const letters = [{ code: 'CORRELATOR_UPLOAD_UNOWNED', letters: 1 }];
    let counted = await stats();
    await until(async () => {
      counted = await stats();
      const { executions, records } = counted.waiting.parked;
      return counted.deadLetters.length > 0 && executions === 1 && records === 2;
    });
    expect(counted.deadLetters).toEqual(letters);
    // Read and given back: the next one sees it too.
    expect((await stats()).deadLetters).toEqual(counted.deadLetters);
  });

  it('says per hop what waits, for people, and of a queue that is not there that it is not', async () => {
    const { code, out } = await sandbox.stepcast('stats', '--quick');
    expect(code).toBe(0);
    expect(out).toMatch(/stepcast-events\.fifo +0 +0 +0 +- +forwarder to correlator/);
    expect(out).toMatch(/stepcast-undelivered +- +- +- +- +given up by AWS: there is no such queue/);
    expect(out).not.toContain('parked');
  });
});

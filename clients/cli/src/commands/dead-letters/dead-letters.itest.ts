import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import * as z from 'zod';
import { startSandboxProcess, until, type SandboxProcess } from '../../testing/sandbox-process.ts';

let sandbox: SandboxProcess;
beforeAll(async () => {
  sandbox = await startSandboxProcess();
});
afterAll(() => sandbox.end());

const Letters = z.object({
  letters: z.array(
    z.object({ id: z.string(), at: z.string(), code: z.string().nullable(), backTo: z.string().nullable() }),
  ),
});
const letters = async (...argv: readonly string[]) =>
  (await sandbox.stepcast('dead-letters', 'list', '--json', ...argv)).json(Letters).letters;

describe('stepcast dead-letters', () => {
  it('lists letters with the queue that they go back to, and gives them back', async () => {
    expect((await sandbox.stepcast('dead-letters', 'list')).out).toBe('no dead letters\n');
    await sandbox.sendUpload('elsewhere/photo.png');
    await sandbox.send('stepcast-events.fifo', '{"version":9}', { groupId: 'g', deduplicationId: 'd' });
    await until(async () => (await letters()).length === 2);
    expect((await letters()).map(({ code, backTo }) => [code, backTo]).toSorted()).toEqual([
      ['CORRELATOR_BATCH_INVALID', 'stepcast-events.fifo'],
      ['CORRELATOR_UPLOAD_UNOWNED', 'stepcast-uploads'],
    ]);
    expect((await sandbox.stepcast('dead-letters', 'list')).out).toMatch(
      /CORRELATOR_UPLOAD_UNOWNED +stepcast-uploads +- +the key does not follow/,
    );
  });

  it('explains a letter and a code in the words of the runbook', async () => {
    const [unowned] = await letters('--code', 'CORRELATOR_UPLOAD_UNOWNED');
    const explained = await sandbox.stepcast('dead-letters', 'explain', unowned?.id.slice(0, 10) ?? '');
    expect(explained.out).toMatch(
      /How to mend: +Correct STEPCAST_KEY_TEMPLATE, STEPCAST_BUCKET or the client/,
    );
    expect((await sandbox.stepcast('dead-letters', 'explain', 'CORRELATOR_UNOWNED')).code).toBe(0);
    const unknown = await sandbox.stepcast('dead-letters', 'explain', 'NO_SUCH_CODE');
    expect({ code: unknown.code, err: unknown.err }).toEqual({
      code: 4,
      err: 'stepcast: no dead letter has an ID that begins with "NO_SUCH_CODE", and it is no code\n',
    });
  });

  it('sends letters back to their queues, from where they are redelivered while nothing is mended', async () => {
    const before = new Set((await letters()).map(({ id }) => id));
    const retried = await sandbox.stepcast('dead-letters', 'retry', '--all', '--yes');
    expect(retried.out).toMatch(/: sent to stepcast-uploads\n/);
    expect(retried.out).toMatch(/: sent to stepcast-events\.fifo\n/);
    await until(async () => {
      const now = await letters();
      return now.length === 2 && now.every(({ id }) => !before.has(id));
    });
  });

  it('drops letters with a reason only', async () => {
    const [first] = await letters();
    const silent = await sandbox.stepcast('dead-letters', 'drop', first?.id ?? '', '--yes');
    expect(silent.code).toBe(64);
    for (const [id, code] of [
      // A beginning may be that of another letter when the command is given again.
      [first?.id.slice(0, 18) ?? '', 5],
      ['', 64],
    ] as const) {
      const refused = await sandbox.stepcast('dead-letters', 'drop', id, '--yes', '--reason', 'seen');
      expect(refused.code).toBe(code);
    }
    const both = await sandbox.stepcast('dead-letters', 'retry', first?.id ?? '', '--all', '--yes');
    expect(both.code).toBe(64);
    const dropped = await sandbox.stepcast(
      'dead-letters',
      'drop',
      first?.id ?? '',
      // Named twice, it is one letter: it was in hand twice, and would have been sent twice.
      first?.id ?? '',
      '--yes',
      '--reason',
      'seen',
    );
    expect(dropped.out).toMatch(/^letter .* \(CORRELATOR_.*\): dropped\n$/);
    expect((await letters()).map(({ id }) => id)).not.toContain(first?.id);
    const none = await sandbox.stepcast('dead-letters', 'retry', '--code', 'NO_SUCH_CODE', '--yes');
    expect({ code: none.code, err: none.err }).toEqual({
      code: 4,
      err: 'stepcast: no dead letter has the code NO_SUCH_CODE\n',
    });
    expect((await sandbox.stepcast('dead-letters', 'retry', '--yes')).code).toBe(64);
  });
});

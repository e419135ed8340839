import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runForTest, startSandboxProcess, type SandboxProcess } from '../../testing/sandbox-process.ts';

let sandbox: SandboxProcess;
beforeAll(async () => {
  sandbox = await startSandboxProcess();
});
afterAll(() => sandbox.end());

/** Follows until something is shown, then interrupts as Ctrl+C does. */
function following(...argv: readonly string[]) {
  const interruption = new AbortController();
  const ready = Promise.withResolvers<string>();
  let shown = '';
  const waiting: { pattern: RegExp; found: () => void }[] = [];
  const ended = runForTest([...argv, '--endpoint', sandbox.url], {
    interruption: interruption.signal,
    onErr: (text) => {
      ready.resolve(text);
    },
    onOut: (text) => {
      shown += text;
      for (const { pattern, found } of waiting) if (pattern.test(shown)) found();
    },
  });
  // A command that ends before it follows has said why.
  void ended.then(({ err }) => {
    ready.resolve(err);
  });
  return {
    ready: ready.promise,
    shows: (pattern: RegExp) =>
      new Promise<void>((found) => {
        if (pattern.test(shown)) found();
        else waiting.push({ pattern, found });
      }),
    stop: () => {
      interruption.abort();
      return ended;
    },
  };
}

describe('stepcast tail', () => {
  it('shows what the broker delivers to everybody, with the rights of the operator, until it is interrupted', async () => {
    const tail = following('tail');
    expect(await tail.ready).toMatch(/^following everybody by MQTT from ws:/);
    const { uploadId } = await sandbox.upload('alice', 'live.txt', 'a line\n');
    await tail.shows(/executionSucceeded/);
    const { code, out } = await tail.stop();
    expect(code).toBe(0);
    expect(out).toMatch(new RegExp(`${uploadId} +1 +uploaded`));
  });

  it('shows one identity and nobody else, one JSON object a line', async () => {
    const bob = await sandbox.upload('bob', 'before.txt', 'a line\n');
    const tail = following('tail', bob.identityId, '--json');
    await tail.ready;
    const alice = await sandbox.upload('alice', 'not-bobs.txt', 'a line\n');
    await sandbox.ended(alice);
    const { uploadId } = await sandbox.upload('bob', 'bobs.txt', 'a line\n');
    await tail.shows(new RegExp(`${uploadId}.*executionSucceeded`));
    const { out } = await tail.stop();
    expect(out).not.toContain(alice.identityId);
    for (const line of out.trimEnd().split('\n')) expect(line).toMatch(/^\{"identityId":.*\}$/);
  });

  it('shows an upload as the journal has it, from its first event', async () => {
    const done = await sandbox.upload('alice', 'done.txt', 'a line\n');
    await sandbox.ended(done);
    const tail = following('tail', done.uploadId, '--by', 'journal');
    expect(await tail.ready).toContain('by the journal');
    await tail.shows(/executionSucceeded/);
    expect((await tail.stop()).out).toMatch(/ +1 +uploaded/);
  });

  it('names one identity or upload for the journal, and says what is not known', async () => {
    expect((await following('tail', '--by', 'journal').stop()).code).toBe(64);
    const unknown = await following('tail', 'aaaaaaaaaaaaaaaaaaaaaaaaaa').stop();
    expect({ code: unknown.code, err: unknown.err }).toEqual({
      code: 4,
      err: expect.stringContaining('nothing is in the journal of aaaa'),
    });
  });

  it('says in a line that a broker refuses', async () => {
    const { code, err } = await runForTest([
      'tail',
      '--endpoint',
      sandbox.url,
      '--broker',
      'ws://127.0.0.1:1/mqtt',
    ]);
    expect(code).toBe(3);
    expect(err).toMatch(/^stepcast: the broker at ws:\/\/127.0.0.1:1\/mqtt cannot be reached: .*\n$/);
  });
});

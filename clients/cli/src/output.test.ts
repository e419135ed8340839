import { PassThrough, Writable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { describe, expect, it } from 'vitest';
import { watchOutput } from './output.ts';

/** A stream that takes nothing. */
function refusing(code: string): Writable {
  return new Writable({
    write(_chunk, _encoding, done) {
      done(Object.assign(new Error(`${code}: write`), { code }));
    },
  });
}

/** Writes to both. @returns the code that the command ended with at once, and what it said */
async function written(stdout: Writable, stderr: Writable): Promise<number | undefined> {
  let exitCode: number | undefined;
  watchOutput(stdout, stderr, (code) => (exitCode = code));
  for (const stream of [stdout, stderr])
    await new Promise<void>((resolve) => {
      stream.write('a line\n', () => {
        // Errors are emitted after the callback.
        setImmediate(resolve);
      });
    });
  return exitCode;
}

describe('what a command prints', () => {
  it('may be read in part: the command ends well', async () => {
    expect(await written(refusing('EPIPE'), new PassThrough())).toBe(0);
  });

  it('cannot be written on a full disk: an export that was cut there ended with 0, without a word', async () => {
    const stderr = new PassThrough();
    expect(await written(refusing('ENOSPC'), stderr)).toBe(74);
    stderr.end();
    expect(await text(stderr)).toContain('stepcast: standard output cannot be written: ENOSPC: write\n');
  });

  it('does not stop a change where only standard error was closed: a replay ended half-way, with 1', async () => {
    const stdout = new PassThrough();
    expect(await written(stdout, refusing('EPIPE'))).toBeUndefined();
    stdout.end();
    expect(await text(stdout)).toBe('a line\n');
  });
});

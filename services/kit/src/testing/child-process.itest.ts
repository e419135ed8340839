import { once } from 'node:events';
import { createServer, type Server, type Socket } from 'node:net';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { ChildProcessError, runCommand, startChildProcess, type RunningChild } from './child-process.ts';

const HELPER = join(import.meta.dirname, 'child-process.ts');
const started = new Set<RunningChild>();

function node(script: string, options: Parameters<typeof startChildProcess>[2] = {}): RunningChild {
  const child = startChildProcess(process.execPath, ['--input-type=module', '--eval', script], options);
  started.add(child);
  return child;
}

afterEach(async () => {
  for (const child of started) await child.kill();
  started.clear();
});

const forEver = 'setInterval(() => undefined, 1_000);';
const deaf = `process.on('SIGTERM', () => console.log('no'));${forEver}console.log('ready');`;

function portOf(server: Server): number {
  const address = server.address();
  return typeof address === 'object' && address !== null ? address.port : 0;
}

/** Whether the system still has a process of this number. */
function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

describe('a child process of a test', () => {
  it('ends on SIGTERM where it listens to it', async () => {
    const child = node(`process.on('SIGTERM', () => process.exit(3));${forEver}console.log('ready');`);
    await child.waitForOutput(/ready/);
    await expect(child.end()).resolves.toEqual({ code: 3, signal: null });
    expect(child.exit()).toEqual({ code: 3, signal: null });
  });

  it('ends by SIGKILL when it ignores SIGTERM, as a Mosquitto did that hung a whole run', async () => {
    const child = node(deaf, { graceMs: 200 });
    await child.waitForOutput(/ready/);
    await expect(child.end()).resolves.toEqual({ code: null, signal: 'SIGKILL' });
    expect(child.output()).toContain('no');
    expect(isRunning(child.pid)).toBe(false);
  });

  it('ends when it is stopped, where SIGTERM alone would wait for ever', async () => {
    const child = node(`${forEver}console.log('ready');`, { graceMs: 200 });
    await child.waitForOutput(/ready/);
    child.signal('SIGSTOP');
    await expect(child.end()).resolves.toMatchObject({ signal: 'SIGKILL' });
  });

  it('gives every caller of end() the same end', async () => {
    const child = node(deaf, { graceMs: 200 });
    await child.waitForOutput(/ready/);
    const exits = await Promise.all([child.end(), child.end(), child.kill()]);
    expect(exits).toEqual(exits.map(() => ({ code: null, signal: 'SIGKILL' })));
    await expect(child.end()).resolves.toEqual(exits[0]);
  });

  it('ends with the process that started it, even when that one is killed', async () => {
    // The connection of the grandchild closes when it is gone, no matter which process collects it.
    const connected = Promise.withResolvers<Socket>();
    const server = createServer(connected.resolve);
    await once(server.listen(0, '127.0.0.1'), 'listening');
    const grandchild = `require('node:net').connect(${portOf(server)}, '127.0.0.1'); ${deaf}`;
    const parent = node(
      `const { startChildProcess } = await import(${JSON.stringify(HELPER)});
       startChildProcess(process.execPath, ['--eval', ${JSON.stringify(grandchild)}]);
       ${forEver}`,
    );
    const socket = await connected.promise;
    const gone = once(
      socket.resume().on('error', () => undefined),
      'close',
    );
    await parent.kill();
    await gone;
    expect(socket.destroyed).toBe(true);
    server.close();
  });

  it('lets the process that started it end by itself once it has ended', async () => {
    const { stdout } = await runCommand(
      process.execPath,
      [
        '--input-type=module',
        '--eval',
        `const { startChildProcess } = await import(${JSON.stringify(HELPER)});
         const child = startChildProcess(process.execPath, ['--eval', ${JSON.stringify(forEver)}]);
         await child.end();
         console.log('over');`,
      ],
      { timeoutMs: 60_000 },
    );
    expect(stdout).toBe('over\n');
  });

  it('keeps the last of the output only, in bounded memory', async () => {
    const child = node(
      `for (let line = 1; line <= 100_000; line += 1) console.log('line ' + line); console.error('end');`,
      { outputLimit: 1_000 },
    );
    await child.exited;
    expect(child.stdout()).toHaveLength(1_000);
    expect(child.stdout()).toMatch(/line 100000\n$/);
    expect(child.stderr()).toBe('end\n');
    expect(child.output().length).toBeLessThanOrEqual(2_000);
  });

  it('says what it wrote when it ends before it wrote what was waited for', async () => {
    const child = node(`console.error('port in use'); process.exitCode = 4;`);
    const waiting = child.waitForOutput(/ready/);
    await expect(waiting).rejects.toThrow(ChildProcessError);
    await expect(waiting).rejects.toThrow(/exited with 4 before it wrote \/ready\/:\nport in use/);
  });

  it('gives up waiting for output after a time', async () => {
    const child = node(forEver);
    await expect(child.waitForOutput(/ready/, { timeoutMs: 50 })).rejects.toThrow(/within 50 ms/);
  });

  it('says that a command is not there', async () => {
    const child = startChildProcess('/nowhere/at-all');
    await expect(child.exited).resolves.toMatchObject({ code: null, failure: { code: 'ENOENT' } });
    await expect(child.waitForOutput(/ready/)).rejects.toThrow(/could not be started/);
    await expect(child.end()).resolves.toMatchObject({ code: null });
  });

  it('speaks over a channel where one is asked for', async () => {
    const child = node(`process.on('message', (text) => process.send(text + ' back'));`, { ipc: true });
    const answered = new Promise((resolve) => child.channel.once('message', resolve));
    child.channel.send('there and');
    await expect(answered).resolves.toBe('there and back');
    child.channel.disconnect();
    await expect(child.exited).resolves.toEqual({ code: 0, signal: null });
  });
});

describe('a command of a test', () => {
  const run = (script: string, timeoutMs = 60_000) =>
    runCommand(process.execPath, ['--eval', script], { timeoutMs, graceMs: 200 });

  it('gives what it wrote', async () => {
    await expect(run(`console.log('out'); console.error('err')`)).resolves.toEqual({
      stdout: 'out\n',
      stderr: 'err\n',
    });
  });

  it('fails with what it wrote when it exits with another code than 0', async () => {
    await expect(run(`console.error('broken'); process.exit(2)`)).rejects.toMatchObject({
      name: 'ChildProcessError',
      message: expect.stringMatching(/exited with 2:\nbroken/),
      stderr: 'broken\n',
    });
  });

  it('is ended when it takes too long', async () => {
    await expect(run(deaf, 300)).rejects.toThrow(/took longer than 300 ms/);
  });
});

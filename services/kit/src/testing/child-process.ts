import { spawn, type ChildProcess } from 'node:child_process';
import { compileCache } from './config.ts';
import { TextTail } from './text-tail.ts';

/** How a child process ended: with a code, by a signal, or not at all because it could not be started. */
export interface ChildExit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  /** Why it could not be started. */
  readonly failure?: Error;
}

/** Thrown when a child process could not be started, ended too early, took too long or exited with another code than 0. */
export class ChildProcessError extends Error {
  readonly exit: ChildExit | undefined;
  /** The last of what it wrote to standard output. */
  readonly stdout: string;
  /** The last of what it wrote to standard error. */
  readonly stderr: string;
  constructor(message: string, child: RunningChild, exit?: ChildExit) {
    const text = child.output().trim();
    super(text === '' ? message : `${message}:\n${text}`, { cause: exit?.failure });
    this.name = 'ChildProcessError';
    this.exit = exit;
    this.stdout = child.stdout();
    this.stderr = child.stderr();
  }
}

export interface ChildProcessOptions {
  readonly cwd?: string;
  /** Default: the environment of this process. Where compiled sources are is added to it. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** `collect` reads and keeps the last of it, `inherit` passes it on, `ignore` drops it. Default `collect`. */
  readonly output?: 'collect' | 'inherit' | 'ignore';
  /** How much of each of standard output and standard error stays in memory, in characters. Default 262,144. */
  readonly outputLimit?: number;
  /** Opens a channel for messages, as `fork` does. Default false. */
  readonly ipc?: boolean;
  /** How long the child has after SIGTERM before it gets SIGKILL, in milliseconds. Default 5,000. */
  readonly graceMs?: number;
}

/** A child process that is certain to end: by `end()`, or with this process. */
export interface RunningChild {
  readonly pid: number;
  /** For messages (`send`, `on('message')`, `disconnect`). */
  readonly channel: Pick<ChildProcess, 'send' | 'on' | 'once' | 'off' | 'disconnect'>;
  /** Resolves when the child has ended and its output is read. Never rejects. */
  readonly exited: Promise<ChildExit>;
  /** Undefined while the child runs. */
  exit(): ChildExit | undefined;
  /** The last of standard output and standard error, as it arrived. */
  output(): string;
  stdout(): string;
  stderr(): string;
  /**
   * Resolves when the output, from its start or from what is left of it, matches.
   * @throws ChildProcessError when the child ends before, or after `timeoutMs` (default 60,000)
   */
  waitForOutput(pattern: RegExp, options?: { readonly timeoutMs?: number }): Promise<RegExpExecArray>;
  /** Sends a signal and waits for nothing. */
  signal(signal: NodeJS.Signals): void;
  /** SIGTERM, SIGKILL after the grace period, and resolves when the child has ended. May be called any number of times. */
  end(): Promise<ChildExit>;
  /** SIGKILL, as a crash is, and resolves when the child has ended. */
  kill(): Promise<ChildExit>;
}

const OUTPUT_LIMIT = 262_144;
const GRACE_MS = 5_000;
/** How long the pipes of a child that has ended may stay open. */
const PIPES_MS = 1_000;

/**
 * Starts a child process that cannot outlive this one: a watcher kills it when this process is gone, however it went.
 * (Handlers of `exit` do not run after SIGKILL, and the test runner shows tests a copy of `process`.)
 */
export function startChildProcess(
  command: string,
  args: readonly string[] = [],
  options: ChildProcessOptions = {},
): RunningChild {
  const { output = 'collect', outputLimit = OUTPUT_LIMIT, graceMs = GRACE_MS, ipc = false } = options;
  const stream = output === 'collect' ? 'pipe' : output;
  const child = spawn(command, [...args], {
    ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
    ...(options.env === undefined ? {} : { env: { ...compileCache, ...options.env } }),
    stdio: ['ignore', stream, stream, ...(ipc ? (['ipc'] as const) : [])],
  });
  const [both, stdout, stderr] = [
    new TextTail(2 * outputLimit),
    new TextTail(outputLimit),
    new TextTail(outputLimit),
  ];
  const listeners = new Set<() => void>();
  for (const [pipe, tail] of [
    [child.stdout, stdout],
    [child.stderr, stderr],
  ] as const) {
    pipe?.setEncoding('utf8').on('data', (text: string) => {
      both.add(text);
      tail.add(text);
      for (const listener of listeners) listener();
    });
  }

  let exit: ChildExit | undefined;
  const exited = exitOf(child).then((how) => (exit = how));
  if (child.pid !== undefined) endWithThisProcess(child.pid, exited);

  const running: RunningChild = {
    pid: child.pid ?? 0,
    channel: child,
    exited,
    exit: () => exit,
    output: () => both.text,
    stdout: () => stdout.text,
    stderr: () => stderr.text,
    waitForOutput: (pattern, { timeoutMs = 60_000 } = {}) => waitFor(running, listeners, pattern, timeoutMs),
    signal: (signal) => void child.kill(signal),
    async end() {
      if (exit !== undefined) return exit;
      child.kill('SIGTERM');
      const force = setTimeout(() => child.kill('SIGKILL'), graceMs);
      try {
        return await exited;
      } finally {
        clearTimeout(force);
      }
    },
    kill() {
      child.kill('SIGKILL');
      return exited;
    },
  };
  return running;
}

/**
 * Runs a command to its end and gives what it wrote; after `timeoutMs` it is ended.
 * @throws ChildProcessError when it cannot be started, takes longer, or exits with another code than 0
 */
export async function runCommand(
  command: string,
  args: readonly string[],
  options: ChildProcessOptions & { readonly timeoutMs: number },
): Promise<{ readonly stdout: string; readonly stderr: string }> {
  const child = startChildProcess(command, args, options);
  const late = new AbortController();
  const limit = setTimeout(() => {
    late.abort();
    void child.end();
  }, options.timeoutMs);
  const exit = await child.exited;
  clearTimeout(limit);
  if (late.signal.aborted)
    throw new ChildProcessError(`${command} took longer than ${options.timeoutMs} ms`, child, exit);
  if (exit.code !== 0) throw new ChildProcessError(`${command} ${describeExit(exit)}`, child, exit);
  return { stdout: child.stdout(), stderr: child.stderr() };
}

async function exitOf(child: ChildProcess): Promise<ChildExit> {
  // Not its `close`, which never comes after this end has closed the channel.
  const pipes = [child.stdout, child.stderr].filter((pipe) => pipe !== null);
  const read = Promise.all(
    pipes.map((pipe) => new Promise<void>((resolve) => pipe.once('close', () => resolve()))),
  );
  const { promise, resolve } = Promise.withResolvers<ChildExit>();
  child.once('exit', (code, signal) => resolve({ code, signal }));
  child.on('error', (failure) => {
    if (child.pid === undefined) resolve({ code: null, signal: null, failure });
  });
  const exit = await promise;
  if (exit.failure !== undefined) return exit;
  // A grandchild that inherited the pipes may hold them open; what the child itself wrote is read by then.
  const { promise: late, resolve: giveUp } = Promise.withResolvers<void>();
  const limit = setTimeout(() => giveUp(), PIPES_MS);
  await Promise.race([read, late]);
  clearTimeout(limit);
  return exit;
}

/** The watcher reads from a pipe that this process holds: the end of the pipe is the end of this process. */
function endWithThisProcess(pid: number, exited: Promise<ChildExit>): void {
  if (process.platform === 'win32') return;
  const watcher = spawn('/bin/sh', ['-c', 'read -r _ || kill -9 "$1"', 'sh', String(pid)], {
    stdio: ['pipe', 'ignore', 'ignore'],
    // A group of its own: Ctrl-C must not end the watcher first.
    detached: true,
  });
  watcher.on('error', () => undefined);
  watcher.stdin.on('error', () => undefined);
  watcher.unref();
  void exited.then(() => watcher.stdin.end('ended\n'));
}

async function waitFor(
  child: RunningChild,
  listeners: Set<() => void>,
  pattern: RegExp,
  timeoutMs: number,
): Promise<RegExpExecArray> {
  const { promise, resolve, reject } = Promise.withResolvers<RegExpExecArray>();
  const check = () => {
    const found = pattern.exec(child.output());
    if (found !== null) resolve(found);
  };
  const limit = setTimeout(() => {
    reject(new ChildProcessError(`no ${String(pattern)} within ${timeoutMs} ms`, child));
  }, timeoutMs);
  void child.exited.then((exit) => {
    reject(new ChildProcessError(`${describeExit(exit)} before it wrote ${String(pattern)}`, child, exit));
  });
  listeners.add(check);
  check();
  try {
    return await promise;
  } finally {
    clearTimeout(limit);
    listeners.delete(check);
  }
}

function describeExit({ code, signal, failure }: ChildExit): string {
  if (failure !== undefined) return `could not be started (${failure.message})`;
  return signal === null ? `exited with ${String(code)}` : `was ended by ${signal}`;
}

import { fork, type ChildProcess } from 'node:child_process';
import * as z from 'zod';
import { canPin, ended, pinned } from './broker.ts';

/** A Node process that answers one question at a time. */
export interface BenchChild {
  readonly pid: number;
  ask<S extends z.ZodType>(schema: S, question: object): Promise<z.output<S>>;
  stop(): Promise<void>;
}

const Answer = z.object({ answer: z.unknown().optional(), problem: z.string().optional() });

/** Runs a module of the bench in a process of its own, on `core` where cores can be chosen. */
export async function startChild(
  module: string,
  options: {
    /** Default: the system chooses, for each thread. */
    readonly core?: number;
    readonly args?: readonly string[];
    readonly execArgv?: readonly string[];
  },
): Promise<BenchChild> {
  const isPinned = canPin && options.core !== undefined;
  const [command, wrapped] = pinned(options.core ?? 0, process.execPath, []);
  const execArgv = [
    '--conditions=stepcast-source',
    '--disable-warning=ExperimentalWarning',
    ...(options.execArgv ?? []),
  ];
  const child: ChildProcess = fork(module, [...(options.args ?? [])], {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    // fork() runs `execPath execArgv module args`; with taskset in front, Node itself becomes the first argument.
    ...(isPinned ? { execPath: command, execArgv: [...wrapped, ...execArgv] } : { execArgv }),
  });
  const next = () =>
    new Promise<unknown>((resolve, reject) => {
      const onExit = (code: number | null) => {
        reject(new Error(`${module} ended with ${String(code)}`));
      };
      child.once('exit', onExit);
      child.once('message', (message) => {
        child.off('exit', onExit);
        resolve(message);
      });
    });
  const ask: BenchChild['ask'] = async (schema, question) => {
    const answer = next();
    child.send(question);
    const { answer: value, problem } = Answer.parse(await answer);
    if (problem !== undefined) throw new Error(problem);
    return schema.parse(value);
  };
  await next();
  return {
    pid: child.pid ?? 0,
    ask,
    async stop() {
      child.disconnect();
      await ended(child);
    },
  };
}

/** The other end: answers each question, in order. Ends the process when nobody is there to ask. */
export function answer(handle: (question: unknown) => Promise<unknown>): void {
  process.on('message', (question) => {
    handle(question).then(
      (value) => process.send?.({ answer: value }),
      (thrown: unknown) => {
        const text = Error.isError(thrown) ? (thrown.stack ?? thrown.message) : String(thrown);
        process.send?.({ problem: text });
      },
    );
  });
  process.once('disconnect', () => process.exit(0));
  process.send?.({ answer: 'ready' });
}

/** Monotonic milliseconds that all processes of a machine share. */
export function sharedNowMs(): number {
  return Number(process.hrtime.bigint()) / 1e6;
}

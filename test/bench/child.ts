import { startChildProcess } from '@stepcast/kit/testing/child-process';
import * as z from 'zod';
import { pin } from './cores.ts';

/** A Node process that answers one question at a time. */
export interface BenchChild {
  readonly pid: number;
  ask<S extends z.ZodType>(schema: S, question: object): Promise<z.output<S>>;
  stop(): Promise<void>;
}

const Answer = z.object({ answer: z.unknown().optional(), problem: z.string().optional() });

export interface ChildOptions {
  /** Where it runs from its first answer on. Default: the system chooses, for each thread. */
  readonly core?: number;
  readonly args?: readonly string[];
  readonly execArgv?: readonly string[];
  /** Default: the environment of this process. */
  readonly env?: Readonly<Record<string, string | undefined>>;
}

/**
 * Runs a module in a process of its own, which has to call {@link answer}.
 * @throws Error when it ends before it answers
 */
export async function startChild(module: string, options: ChildOptions = {}): Promise<BenchChild> {
  const { core, env } = options;
  const args = [
    '--conditions=stepcast-source',
    '--disable-warning=ExperimentalWarning',
    '--expose-gc',
    ...(options.execArgv ?? []),
    module,
    ...(options.args ?? []),
  ];
  const child = startChildProcess(process.execPath, args, {
    output: 'inherit',
    ipc: true,
    ...(env === undefined ? {} : { env }),
  });
  const next = () => {
    const { promise, resolve, reject } = Promise.withResolvers<unknown>();
    child.channel.once('message', resolve);
    void child.exited.then(({ code, signal }) =>
      reject(new Error(`${module} ended with ${String(code ?? signal)}`)),
    );
    return promise;
  };
  const ask: BenchChild['ask'] = async (schema, question) => {
    const answer = next();
    child.channel.send(question);
    const { answer: value, problem } = Answer.parse(await answer);
    if (problem !== undefined) throw new Error(problem);
    return schema.parse(value);
  };
  try {
    await next();
    // Only now: starting, which is most of the compiler's work, may use every core.
    if (core !== undefined) await pin(child.pid, core);
  } catch (thrown) {
    await child.end();
    throw thrown;
  }
  let stopped = false;
  return {
    pid: child.pid,
    ask,
    async stop() {
      // It ends by itself when nobody is there to ask; one that hangs is ended.
      if (child.exit() === undefined && !stopped) child.channel.disconnect();
      stopped = true;
      await child.end();
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
  // Ctrl-C reaches all processes; the parent ends this one.
  process.on('SIGINT', () => undefined);
  process.once('disconnect', () => process.exit(0));
  process.send?.({ answer: 'ready' });
}

/** Monotonic milliseconds that all processes of a machine share. */
export function sharedNowMs(): number {
  return Number(process.hrtime.bigint()) / 1e6;
}

import { startChildProcess } from '@stepcast/kit/testing/child-process';
import * as z from 'zod';
import { pinned } from './broker.ts';

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
  const args = [
    '--conditions=stepcast-source',
    '--disable-warning=ExperimentalWarning',
    ...(options.execArgv ?? []),
    module,
    ...(options.args ?? []),
  ];
  const { core } = options;
  const command =
    core === undefined ? ([process.execPath, args] as const) : pinned(core, process.execPath, args);
  const child = startChildProcess(...command, { output: 'inherit', ipc: true });
  const next = () => {
    const { promise, resolve, reject } = Promise.withResolvers<unknown>();
    child.channel.once('message', resolve);
    void child.exited.then(({ code }) => reject(new Error(`${module} ended with ${String(code)}`)));
    return promise;
  };
  const ask: BenchChild['ask'] = async (schema, question) => {
    const answer = next();
    child.channel.send(question);
    const { answer: value, problem } = Answer.parse(await answer);
    if (problem !== undefined) throw new Error(problem);
    return schema.parse(value);
  };
  await next();
  return {
    pid: child.pid,
    ask,
    async stop() {
      // It ends by itself when nobody is there to ask; one that hangs is ended.
      child.channel.disconnect();
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
  process.once('disconnect', () => process.exit(0));
  process.send?.({ answer: 'ready' });
}

/** Monotonic milliseconds that all processes of a machine share. */
export function sharedNowMs(): number {
  return Number(process.hrtime.bigint()) / 1e6;
}

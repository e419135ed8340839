import { runCli } from '../cli.ts';
import type { CliOptions } from '../cli-options.ts';
import { type Chain } from '../domain/evidence.ts';
import type { Setup } from '../domain/setup.ts';
import { healthyChain, healthySetup, NOW_MS } from './fixtures.ts';
import { snapshotSources } from './snapshot-sources.ts';

export interface RunOptions {
  readonly chain?: Partial<Chain>;
  readonly setup?: Partial<Setup>;
  readonly color?: boolean;
  readonly answers?: readonly boolean[];
  readonly input?: string;
  readonly environment?: CliOptions['environment'];
}

/** Runs a command line against a chain and a setup that are healthy but for what is given, and tells what came of it. */
export async function run(argv: readonly string[], options: RunOptions = {}) {
  const out: string[] = [];
  const err: string[] = [];
  const snapshot = snapshotSources({ ...healthyChain, ...options.chain });
  const answers = [...(options.answers ?? [])];
  let closed = false;
  const cli: CliOptions = {
    environment: options.environment ?? {},
    nowMs: () => NOW_MS,
    connect: () =>
      Promise.resolve({
        setup: { ...healthySetup, ...options.setup },
        connections: {
          sources: snapshot.sources,
          repairs: snapshot.repairs,
          close: () => {
            closed = true;
          },
        },
      }),
    terminal: {
      out: (text) => out.push(text),
      err: (text) => err.push(text),
      style: { color: options.color ?? false, width: 100 },
      confirmation:
        options.answers === undefined
          ? undefined
          : { confirm: () => Promise.resolve(answers.shift() ?? false) },
      readInput: () => Promise.resolve(options.input ?? ''),
    },
  };
  const code = await runCli(argv, cli);
  return { code, out: out.join(''), err: err.join(''), changes: snapshot.changes, closed };
}

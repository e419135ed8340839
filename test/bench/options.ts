import { parseArgs } from 'node:util';

export const PARTS = ['paths', 'latency', 'concurrency', 'overload', 'client'] as const;
export type PartName = (typeof PARTS)[number];

export const PATHS = ['noStore', 'ceiling', 'twin', 'store0', 'store4', 'naive', 'small', 'apart'] as const;
export type PathName = (typeof PATHS)[number];

/** How long and how often is measured. */
export interface Plan {
  readonly quick: boolean;
  readonly parts: ReadonlySet<PartName>;
  /** Of the part `paths`. */
  readonly paths: ReadonlySet<PathName>;
  /** Measurements of each figure. */
  readonly rounds: number;
  /** How long one measurement of throughput lasts, about. */
  readonly windowMs: number;
  readonly warmUp: WarmUpPlan;
  /** Of one measurement of latency, and of one of cost by concurrency. */
  readonly latencySeconds: number;
  readonly paceSeconds: number;
  readonly overloadSeconds: number;
  /** How long each part may take, when the whole table is wanted quickly; undefined for as long as it takes. */
  readonly limits: Readonly<Record<PartName, PartLimit>> | undefined;
  /** Where the results are written as JSON. */
  readonly json: string | undefined;
}

export interface PartLimit {
  /** After this a part begins no round that would end later. */
  readonly roundsSeconds: number;
  /** After this a part is ended, without the figures that it does not have yet. */
  readonly seconds: number;
}

export interface WarmUpPlan {
  readonly sliceMs: number;
  /** Warm is what costs the same in three slices, within this share. */
  readonly tolerance: number;
  readonly maxMs: number;
}

export const USAGE = `Usage: npm run bench -- [options]

  --quick        the whole table on two cores, and never more than three minutes: medians of three short measurements
  --only LIST    parts to run, separated by commas: ${PARTS.join(', ')} (default: all)
  --paths LIST   of the part "paths" only these: ${PATHS.join(', ')}
  --runs N       measurements of each figure, 1 to 50 (default 5; quick 3)
  --overload S   seconds of overload, 5 to 86,400 (default 600; quick 10)
  --window MS    length of one measurement of throughput, 50 to 60,000 (default 3,000; quick 500)
  --json FILE    writes the results there as JSON
  --help         this text

All of it takes about 25 minutes and writes test/bench/results.json; quick runs and runs of some parts do not.
SIGINT (Ctrl-C) ends it with a table of what was measured until then.
`;

/** With the start and the end of the bench these sum up to less than three minutes. */
const QUICK_LIMITS: Readonly<Record<PartName, PartLimit>> = {
  paths: { roundsSeconds: 55, seconds: 65 },
  latency: { roundsSeconds: 27, seconds: 33 },
  concurrency: { roundsSeconds: 17, seconds: 22 },
  overload: { roundsSeconds: 23, seconds: 23 },
  client: { roundsSeconds: 10, seconds: 20 },
};

/** What the command line asks for: a plan, the usage, or what is wrong with it. */
export type Asked = { readonly plan: Plan } | { readonly help: true } | { readonly problem: string };

interface Bounds {
  readonly name: 'runs' | 'overload' | 'window';
  readonly from: number;
  readonly to: number;
}

/** Reads the arguments after the name of the program. */
export function readOptions(args: readonly string[]): Asked {
  const problems: string[] = [];
  let values;
  try {
    ({ values } = parseArgs({
      args: [...args],
      options: {
        quick: { type: 'boolean', default: false },
        only: { type: 'string', default: PARTS.join(',') },
        paths: { type: 'string', default: PATHS.join(',') },
        runs: { type: 'string' },
        overload: { type: 'string' },
        window: { type: 'string' },
        json: { type: 'string' },
        help: { type: 'boolean', default: false },
      },
    }));
  } catch (thrown) {
    return { problem: Error.isError(thrown) ? thrown.message : String(thrown) };
  }
  if (values.help) return { help: true };

  const numberOf = ({ name, from, to }: Bounds, otherwise: number): number => {
    const text = values[name];
    if (text === undefined) return otherwise;
    const value = Number(text);
    if (text.trim() !== '' && Number.isInteger(value) && value >= from && value <= to) return value;
    problems.push(`--${name} takes a whole number from ${from} to ${to}`);
    return otherwise;
  };
  const { quick, json } = values;
  const chosen = <Name extends string>(list: string, known: readonly Name[], what: string): Set<Name> => {
    const names = list.split(',').map((name) => name.trim());
    const strangers = names.filter((name) => !known.some((one) => one === name));
    if (strangers.length > 0) problems.push(`no such ${what}: ${strangers.join(', ')}`);
    return new Set(known.filter((one) => names.includes(one)));
  };
  const windowMs = numberOf({ name: 'window', from: 50, to: 60_000 }, quick ? 500 : 3_000);
  const parts = chosen(values.only, PARTS, 'part');
  const plan: Plan = {
    quick,
    parts,
    paths: chosen(values.paths, PATHS, 'path'),
    rounds: numberOf({ name: 'runs', from: 1, to: 50 }, quick ? 3 : 5),
    windowMs,
    warmUp: quick
      ? { sliceMs: Math.min(400, windowMs), tolerance: 0.15, maxMs: Math.min(2_000, 8 * windowMs) }
      : { sliceMs: Math.min(1_000, windowMs), tolerance: 0.05, maxMs: 40_000 },
    latencySeconds: quick ? 1 : 10,
    paceSeconds: quick ? 1 : 10,
    limits: quick && parts.size === PARTS.length ? QUICK_LIMITS : undefined,
    overloadSeconds: numberOf({ name: 'overload', from: 5, to: 86_400 }, quick ? 10 : 600),
    json,
  };
  return problems.length === 0 ? { plan } : { problem: problems.join('\n') };
}

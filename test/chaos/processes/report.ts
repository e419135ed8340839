import { cpus, totalmem } from 'node:os';
import { describeIssues, parseJson } from '@stepcast/contracts';
import * as z from 'zod';
import type { Rule } from './checker.ts';
import type { RunReport } from './run.ts';

/** What is counted, and must be 0 each. */
export const RULES: readonly Rule[] = [
  'neverPublished',
  'neverJournaled',
  'hole',
  'emittedTwice',
  'outOfOrder',
  'foreign',
  'duplicateAtApplication',
  'missingAtApplication',
  'neverEnded',
];

const COUNTED = [...RULES, 'canaries', 'givenUp', 'mishaps', 'problems'] as const;

export interface Summary extends Readonly<Record<Rule, number>> {
  readonly canaries: number;
  readonly givenUp: number;
  readonly mishaps: number;
  readonly problems: number;
}

export function summaryOf(report: RunReport): Summary {
  const count = (rule: Rule) => report.findings.filter((finding) => finding.rule === rule).length;
  return {
    neverPublished: count('neverPublished'),
    neverJournaled: count('neverJournaled'),
    hole: count('hole'),
    emittedTwice: count('emittedTwice'),
    outOfOrder: count('outOfOrder'),
    foreign: count('foreign'),
    duplicateAtApplication: count('duplicateAtApplication'),
    missingAtApplication: count('missingAtApplication'),
    neverEnded: count('neverEnded'),
    canaries: report.canaries.length,
    givenUp: report.givenUp.length,
    mishaps: report.mishaps.length,
    problems: report.problems.length,
  };
}

export function isGood(report: RunReport): boolean {
  return Object.values<number>({ ...summaryOf(report) }).every((count) => count === 0);
}

const EXAMPLES = 8;

/** A run in words: the counts, and of each thing that was found some examples. */
export function describeRun(report: RunReport): string {
  const some = (title: string, all: readonly unknown[]) =>
    all.length === 0
      ? []
      : [`  ${title} (${all.length}):`, ...all.slice(0, EXAMPLES).map((one) => `    ${JSON.stringify(one)}`)];
  return [
    `${report.form}, seed ${report.seed}: ${isGood(report) ? 'good' : 'NOT GOOD'} after ${report.seconds} s`,
    `  ${report.kills} kills, ${report.starts} starts, ${report.uploads} uploads, ${report.streams} streams, ` +
      `${report.events} events, ${report.messages} messages`,
    `  done: ${JSON.stringify(report.deeds)}`,
    `  dead letters: ${JSON.stringify(report.deadLetters)}`,
    `  left on queues: ${JSON.stringify(report.queues)}`,
    ...Object.entries<number>({ ...summaryOf(report) }).map(([name, count]) => `  ${name}: ${count}`),
    ...some(
      'findings',
      RULES.flatMap((rule) => report.findings.filter((one) => one.rule === rule).slice(0, 3)),
    ),
    ...some('canaries', report.canaries),
    ...some('given up', report.givenUp),
    ...some('mishaps', report.mishaps),
    ...some('problems', report.problems),
  ].join('\n');
}

const Counts = z.record(z.string(), z.number());

/** A run as `results.json` holds it. */
const RecordedRun = z.object({
  at: z.iso.datetime(),
  /** The commit that ran, with `+` where the tree had changes. */
  commit: z.string(),
  form: z.string(),
  seed: z.number(),
  seconds: z.number(),
  kills: z.number(),
  starts: z.number(),
  uploads: z.number(),
  streams: z.number(),
  events: z.number(),
  messages: z.number(),
  deeds: Counts,
  deadLetters: Counts,
  found: Counts,
});
type RecordedRun = z.infer<typeof RecordedRun>;

const Recorded = z.object({ runs: z.array(RecordedRun) });

/** The runs of a `results.json`; none where there is no such file yet. @throws when the file is something else */
export function runsOf(text: string | undefined): readonly RecordedRun[] {
  if (text === undefined) return [];
  const recorded = parseJson(Recorded, text);
  if (!recorded.ok) throw new Error(`results.json: ${describeIssues(recorded.issues)}`);
  return recorded.value.runs;
}

export function recordedRun(report: RunReport, commit: string, at: Date): RecordedRun {
  const { form, seed, seconds, kills, starts, uploads, streams, events, messages, deeds, deadLetters } =
    report;
  return {
    at: at.toISOString(),
    commit,
    form,
    seed,
    seconds,
    kills,
    starts,
    uploads,
    streams,
    events,
    messages,
    deeds: { ...deeds },
    deadLetters: { ...deadLetters },
    found: { ...summaryOf(report) },
  };
}

/** A campaign may be run in parts: a run takes the place of an earlier one of its form and seed, and the others stay. */
export function withRun(runs: readonly RecordedRun[], run: RecordedRun): readonly RecordedRun[] {
  const others = runs.filter(({ form, seed }) => form !== run.form || seed !== run.seed);
  return [...others, run].toSorted((a, b) => a.form.localeCompare(b.form) || a.seed - b.seed);
}

function totalOf(runs: readonly RecordedRun[]): object {
  const sum = (of: (run: RecordedRun) => number) => runs.reduce((total, one) => total + of(one), 0);
  const found = Object.fromEntries(COUNTED.map((name) => [name, sum((run) => run.found[name] ?? 0)]));
  return {
    seeds: [...new Set(runs.map(({ seed }) => seed))],
    seconds: sum(({ seconds }) => seconds),
    kills: sum(({ kills }) => kills),
    uploads: sum(({ uploads }) => uploads),
    events: sum(({ events }) => events),
    messages: sum(({ messages }) => messages),
    found,
    good: Object.values(found).every((count) => count === 0),
  };
}

/** `results.json`: what ran where, and what was counted. */
export function resultsOf(runs: readonly RecordedRun[]): object {
  return {
    machine: {
      platform: `${process.platform} ${process.arch}`,
      node: process.version,
      cpus: cpus().length,
      cpu: cpus()[0]?.model ?? 'unknown',
      memoryGiB: Math.round(totalmem() / 2 ** 30),
    },
    total: totalOf(runs),
    forms: Object.fromEntries(
      [...Map.groupBy(runs, ({ form }) => form)].map(([form, ofForm]) => [form, totalOf(ofForm)]),
    ),
    runs,
  };
}

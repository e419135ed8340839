import { cpus, totalmem } from 'node:os';
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

function totalOf(reports: readonly RunReport[]): object {
  const sum = (of: (report: RunReport) => number) => reports.reduce((total, one) => total + of(one), 0);
  const found = (name: keyof Summary) => sum((report) => summaryOf(report)[name]);
  return {
    seeds: [...new Set(reports.map(({ seed }) => seed))],
    seconds: sum(({ seconds }) => seconds),
    kills: sum(({ kills }) => kills),
    uploads: sum(({ uploads }) => uploads),
    events: sum(({ events }) => events),
    messages: sum(({ messages }) => messages),
    found: Object.fromEntries(COUNTED.map((name) => [name, found(name)])),
    good: reports.every(isGood),
  };
}

/** `results.json`: what ran where, and what was counted. */
export function resultsOf(reports: readonly RunReport[], at: Date): object {
  return {
    at: at.toISOString(),
    machine: {
      platform: `${process.platform} ${process.arch}`,
      node: process.version,
      cpus: cpus().length,
      cpu: cpus()[0]?.model ?? 'unknown',
      memoryGiB: Math.round(totalmem() / 2 ** 30),
    },
    total: totalOf(reports),
    forms: Object.fromEntries(
      [...Map.groupBy(reports, ({ form }) => form)].map(([form, runs]) => [form, totalOf(runs)]),
    ),
    runs: reports.map((report) => ({
      form: report.form,
      seed: report.seed,
      seconds: report.seconds,
      kills: report.kills,
      starts: report.starts,
      uploads: report.uploads,
      streams: report.streams,
      events: report.events,
      messages: report.messages,
      deeds: report.deeds,
      deadLetters: report.deadLetters,
      found: summaryOf(report),
    })),
  };
}

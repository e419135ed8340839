import { seededRandom } from '@stepcast/correlator/testing';
import { LATE_UNTIL_MS } from '@stepcast/publisher';
import { QUEUE_NAMES } from '@stepcast/wire';
import { Canaries, type CanaryFound } from './canaries.ts';
import { checkRun, type Finding } from './checker.ts';
import type { Copies, Mishap } from './fleet.ts';
import type { RunHistory } from './history.ts';
import { startLoad, type Load } from './load.ts';
import { startNemesis } from './nemesis.ts';
import type { Deed } from './nemesis-plan.ts';
import type { ReadLetter } from './operator.ts';
import { startRecordedLoad } from './recorded-load.ts';
import { NotInTimeError, pauseFor, untilNothingMissing } from './wait-until.ts';
import { startChaosWorld, type ChaosWorld } from './world.ts';

export interface RunOptions {
  readonly form: string;
  readonly copies: Copies;
  readonly seed: number;
  /** How long the nemesis is at work. */
  readonly chaosMs: number;
  readonly killEveryMs: number;
  /** The chaos goes on until there were so many, up to a minute longer: a busy machine starts processes slowly. Default 0. */
  readonly leastKills?: number;
  readonly maxFaultMs: number;
  /** How long all may take to come to their ends once everything is healed. */
  readonly settleMs: number;
  readonly guests: number;
  /** Uploads under way at a time, for each person. */
  readonly inFlight: number;
  /** Whether executions that ran elsewhere are replayed, too. */
  readonly recorded: boolean;
  readonly kinds: ReadonlySet<Deed['kind']>;
  /** Variables of the services that are not as usual. */
  readonly overrides: Readonly<Record<string, string>>;
  readonly maxVisibilitySeconds: number | undefined;
  readonly quietMs: number;
  readonly sweepIntervalMs: number;
  /** Gets a line now and then. */
  readonly say: (line: string) => void;
  /** Gets the whole log of each process that has ended. */
  readonly onLog: (name: string, text: string) => void;
}

/** What one run did and found. */
export interface RunReport {
  readonly form: string;
  readonly seed: number;
  readonly seconds: number;
  readonly kills: number;
  readonly starts: number;
  readonly uploads: number;
  readonly streams: number;
  /** Of the journals of all streams. */
  readonly events: number;
  readonly messages: number;
  readonly deeds: Readonly<Record<string, number>>;
  readonly deadLetters: Readonly<Record<string, number>>;
  /** What was left on the queues at the end, as `visible+hidden`. */
  readonly queues: Readonly<Record<string, string>>;
  readonly findings: readonly Finding[];
  readonly canaries: readonly CanaryFound[];
  /** Dead letters of messages that were no poison. */
  readonly givenUp: readonly ReadLetter[];
  readonly mishaps: readonly Mishap[];
  /** What went wrong with the run itself, so that its counts say nothing. */
  readonly problems: readonly string[];
  /** Everything that was done to the services, with times. */
  readonly journal: readonly string[];
}

const PROGRESS_EVERY_MS = 10_000;
/** How much longer the chaos goes on at most, until there were enough kills. */
const MORE_CHAOS_MS = 60_000;
/** How long retained states and overviews may trail behind the last event: a message of a killed process may have put them back. */
const TRAILING_MS = LATE_UNTIL_MS + 60_000;

/** One form, one seed: starts all, lets it suffer, heals it, waits for the ends, and checks what was recorded. */
export async function runChaos(options: RunOptions): Promise<RunReport> {
  const canaries = new Canaries(`s${options.seed.toString(36)}${options.form}`);
  const startedMs = performance.now();
  const world = await startChaosWorld({
    canaries,
    guests: options.guests,
    copies: options.copies,
    paces: { quietMs: options.quietMs, sweepIntervalMs: options.sweepIntervalMs },
    overrides: options.overrides,
    maxVisibilitySeconds: options.maxVisibilitySeconds,
    onLog: options.onLog,
  });
  let report: RunReport;
  try {
    report = await suffer(world, canaries, options, startedMs);
  } finally {
    await world.stop();
  }
  // The logs of the last processes are complete only now.
  return { ...report, canaries: [...report.canaries, ...world.canaries], mishaps: [...world.fleet.mishaps] };
}

async function suffer(
  world: ChaosWorld,
  canaries: Canaries,
  options: RunOptions,
  startedMs: number,
): Promise<RunReport> {
  const { seed, say } = options;
  const { fleet, witness, applications, operator, sandbox } = world;
  const loads: Load[] = [
    startLoad({
      applications,
      bucket: sandbox.info.bucket,
      inFlight: options.inFlight,
      canaries,
      random: seededRandom(seed),
    }),
  ];
  if (options.recorded)
    loads.push(startRecordedLoad({ sandbox, applications: applications.slice(0, 2), canaries, seed }));
  const putIn = () => loads.flatMap((load) => load.putIn);
  const open = () => loads.map((load) => load.open()).find((one) => one !== undefined);
  const nemesis = startNemesis({
    fleet,
    endpoints: world.endpoints,
    broker: world.broker,
    applications,
    operator,
    canaries,
    random: seededRandom(seed + 1),
    killEveryMs: options.killEveryMs,
    choice: { kinds: options.kinds, maxFaultMs: options.maxFaultMs, queues: queuesRead(options.copies) },
  });
  const progress = setInterval(() => {
    const { events } = witness.counts;
    say(
      `${Math.round((performance.now() - startedMs) / 1_000)} s: ${fleet.counts.kills} kills, ${putIn().length} uploads, ` +
        `${events} events; last: ${nemesis.deeds.at(-1) ?? 'nothing yet'}`,
    );
  }, PROGRESS_EVERY_MS);
  const problems: string[] = [];
  try {
    await pauseFor(options.chaosMs);
    const { leastKills = 0 } = options;
    const missing = () =>
      fleet.counts.kills < leastKills ? `${fleet.counts.kills} of ${leastKills}` : undefined;
    await inTime(untilNothingMissing('the kills', missing, MORE_CHAOS_MS));
    for (const load of loads) await load.stop();
    await nemesis.stop();
    say('healed; waiting for the ends');
    const late = await inTime(untilNothingMissing('the ends of all uploads', open, options.settleMs));
    if (late !== undefined) problems.push(late, ...applications.map((one) => one.recently()));
    await fleet.readMetrics();
    const history = await settledHistory(world, putIn);
    problems.push(...nemesis.problems);
    if (witness.wasCut) problems.push('the subscriber that is never cut was cut');
    const { letters, canaries: inLetters } = await operator.readDeadLetters();
    const { canaries: inJournal } = await operator.readJournal();
    return {
      form: options.form,
      seed,
      seconds: Math.round((performance.now() - startedMs) / 1_000),
      kills: fleet.counts.kills,
      starts: fleet.counts.starts,
      uploads: history.putIn.reduce((sum, { versions }) => sum + versions, 0),
      streams: new Set(history.journal.map(({ uploadId, epoch }) => `${uploadId} ${epoch}`)).size,
      events: history.journal.reduce((sum, { events }) => sum + events.length, 0),
      messages: witness.counts.messages,
      deeds: Object.fromEntries([...nemesis.counts].toSorted(([one], [other]) => one.localeCompare(other))),
      deadLetters: countBy(letters.map(({ service, code }) => `${service} ${code}`)),
      queues: await operator.queueDepths(),
      findings: checkRun(history),
      canaries: [...witness.canaries, ...inLetters, ...inJournal],
      givenUp: letters.filter(({ poison }) => !poison),
      mishaps: [],
      problems,
      journal: nemesis.deeds,
    };
  } finally {
    clearInterval(progress);
  }
}

/** The engine hands over in its process: nobody reads the progress queue there. */
function queuesRead(copies: Copies): readonly string[] {
  const { uploads, status, events, progress } = QUEUE_NAMES;
  return [uploads, status, events, ...(copies.publisher === undefined ? [] : [progress])];
}

/** The history once nothing is found in it any more, or when what trails behind has had its time. */
async function settledHistory(world: ChaosWorld, putIn: () => RunHistory['putIn']): Promise<RunHistory> {
  const read = async (): Promise<RunHistory> => ({
    putIn: putIn(),
    journal: (await world.operator.readJournal()).entries,
    witnessed: [...world.witness.witnessed],
    handed: world.applications.flatMap((application) => application.handed()),
  });
  const ends = untilNothingMissing(
    'a history without findings',
    async () => {
      const [first] = checkRun(await read());
      return first === undefined ? undefined : JSON.stringify(first);
    },
    TRAILING_MS,
  );
  // What is still wrong then is found, and reported, by the check of the whole.
  await inTime(ends);
  return read();
}

/** @returns what was missing when the time was over; other errors are thrown on */
async function inTime(work: Promise<void>): Promise<string | undefined> {
  try {
    await work;
    return undefined;
  } catch (thrown) {
    if (thrown instanceof NotInTimeError) return thrown.message;
    throw thrown;
  }
}

function countBy(names: readonly string[]): Record<string, number> {
  const groups = Map.groupBy(names, (name) => name);
  return Object.fromEntries([...groups].map(([name, all]) => [name, all.length]));
}

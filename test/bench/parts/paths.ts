import * as z from 'zod';
import { type Bench, type Counts } from '../bench.ts';
import { type BenchChild } from '../child.ts';
import { BESIDE, MEASURED } from '../cores.ts';
import { PATHS, type PathName } from '../options.ts';
import { startApart, startSmall } from '../services/forms.ts';
import {
  cpuMicros,
  formTarget,
  perCore,
  perSecond,
  workerTarget,
  type Measured,
  type Target,
} from '../target.ts';
import { inTurns } from '../turns.ts';

const Nothing = z.object({});

type Targets = Partial<Record<PathName, Target>>;

async function startForms(bench: Bench): Promise<Targets> {
  const { atOnce } = bench.addresses;
  const where = { cloudUrl: atOnce, storeUrl: atOnce, brokerUrl: bench.broker.url, core: MEASURED };
  const targets: Targets = {};
  for (const [name, start] of [
    ['small', startSmall],
    ['apart', startApart],
  ] as const) {
    if (!bench.plan.paths.has(name)) continue;
    const form = bench.own(await start({ ...where, name }));
    const feeder = await bench.startPath({ path: 'feeder', url: form.entry.url, core: BESIDE });
    targets[name] = formTarget(name, form, feeder, bench.cloud);
  }
  return targets;
}

/** Those that are paths in one process. Ours comes before the twin, which follows it. */
async function startWorkers(bench: Bench): Promise<{ targets: Targets; twin: BenchChild | undefined }> {
  const { atOnce, after4Ms, naive } = bench.addresses;
  const setups = {
    noStore: { path: 'engine' },
    ceiling: { path: 'ceiling' },
    twin: { path: 'twin' },
    store0: { path: 'engine', url: atOnce, name: 'store0' },
    store4: { path: 'engine', url: after4Ms, name: 'store4' },
    naive: { path: 'naive', url: naive },
  } as const;
  const names = PATHS.filter((name) => name !== 'small' && name !== 'apart').filter((name) =>
    bench.plan.paths.has(name),
  );
  const started = await Promise.all(
    names.map(async (name) => [name, await bench.startPath(setups[name])] as const),
  );
  const targets: Targets = {};
  for (const [name, child] of started) targets[name] = workerTarget(name, child, name === 'naive');
  return { targets, twin: started.find(([name]) => name === 'twin')?.[1] };
}

/** Sums of what the rounds of one target asked of store and queues. */
class Tally {
  readonly all: { counts: Counts; events: number }[] = [];

  add(counts: Counts, events: number): void {
    this.all.push({ counts, events });
  }

  perEvent(of: (counts: Counts) => number): number[] {
    return this.all.map(({ counts, events }) => of(counts) / events);
  }

  /** Calls by kind in all rounds, an event. */
  kinds(of: (counts: Counts) => Readonly<Record<string, number>>): [string, number][] {
    const sums = new Map<string, number>();
    let events = 0;
    for (const one of this.all) {
      events += one.events;
      for (const [kind, count] of Object.entries(of(one.counts)))
        sums.set(kind, (sums.get(kind) ?? 0) + count);
    }
    return [...sums]
      .map(([kind, count]): [string, number] => [kind, count / events])
      .sort((a, b) => b[1] - a[1]);
  }
}

/** (a) to (c), (s) and (p): throughput of one core, and what it takes of store and queues. */
export async function paths(bench: Bench): Promise<void> {
  bench.say('(a) to (p): throughput of one core');
  const { targets: workers, twin } = await startWorkers(bench);
  const targets: Targets = { ...workers, ...(await startForms(bench)) };
  bench.say('started');

  /** The twin sends what ours has just sent. */
  const followOurs = async (one: Measured): Promise<void> => {
    if (twin === undefined || one.messages === 0) return;
    await twin.ask(Nothing, {
      kind: 'volume',
      messagesPerEvent: one.messages / one.events,
      bytesPerMessage: Math.round(one.bytes / one.messages),
    });
  };
  const tallies = { store0: new Tally(), small: new Tally(), apart: new Tally() };
  const of = await inTurns(bench, 'paths', targets, {
    async onWarm(name, last) {
      if (name === 'noStore') await followOurs(last);
      // What warming up has cost is not counted.
      await bench.counts(name);
    },
    async onMeasured(name, one) {
      if (name === 'noStore') await followOurs(one);
      if (name === 'store0' || name === 'small' || name === 'apart')
        tallies[name].add(await bench.counts(name), one.events);
    },
  });
  for (const target of Object.values(targets)) await target.stop();

  throughputRows(bench, of);
  sizesRows(bench, of('noStore'));
  countRows(bench, tallies);
}

type AllMeasured = (name: PathName) => readonly Measured[];

function throughputRows(bench: Bench, of: AllMeasured): void {
  const core = (name: PathName) => of(name).map(perCore);
  const [ceiling, twin, naive] = [core('ceiling'), core('twin'), of('naive').map(perSecond)];
  const unit = 'events/s/core';
  const atLeast = (wanted: number, what: string) => ({
    text: `>= ${wanted} x ${what}`,
    reached: (ratio: number) => ratio >= wanted,
  });
  bench.add('a', 'ceiling: one QoS 1 message an event', unit, ceiling);
  bench.add('a', 'its fair twin: messages and bytes as ours', unit, twin, { against: ceiling });
  const noStore = core('noStore');
  bench.add('b', 'engine, no store', unit, noStore, { against: ceiling, goal: atLeast(0.8, 'ceiling') });
  bench.add('b', 'the same against the twin', unit, noStore, { against: twin });
  const store0 = core('store0');
  const goal = atLeast(0.45, 'ceiling');
  bench.add('c', 'engine, store over signed HTTP, 0 ms', unit, store0, { against: ceiling, goal });
  bench.add('c', 'the same against the twin', unit, store0, { against: twin });
  bench.add('c', 'engine, store over signed HTTP, 4 ms', unit, core('store4'), { against: ceiling, goal });
  bench.add('c', 'the same against the naive model', 'events/s', of('store4').map(perSecond), {
    against: naive,
    goal: atLeast(300, 'naive'),
  });
  bench.add('c', 'naive model, 4 ms get and 12 ms publish', 'events/s', naive);
  formRows(bench, of, ceiling);
}

function formRows(bench: Bench, of: AllMeasured, ceiling: readonly number[]): void {
  const unit = 'events/s/core';
  const share = (one: Measured, service: string) => one.events / (one.cpuSecondsBy[service] ?? Number.NaN);
  for (const [part, name, label] of [
    ['s', 'small', 'small form, forwarder and engine, SQS between'],
    ['p', 'apart', 'apart: forwarder, 2 correlators, 2 publishers, SQS'],
  ] as const) {
    bench.add(part, label, unit, of(name).map(perCore), { against: ceiling });
    for (const service of Object.keys(of(name)[0]?.cpuSecondsBy ?? {}))
      bench.add(
        part,
        `${service} alone`,
        unit,
        of(name).map((one) => share(one, service)),
        { against: ceiling },
      );
    bench.add(part, 'by the clock, on one core', 'events/s', of(name).map(perSecond));
  }
}

function sizesRows(bench: Bench, noStore: readonly Measured[]): void {
  const mean = (of: (one: Measured) => number) => noStore.map(of);
  bench.add('b', 'CPU an event', 'µs', mean(cpuMicros));
  bench.add(
    'b',
    'log events in a message of events',
    'events',
    mean((one) => one.events / one.eventMessages),
  );
  bench.add(
    'b',
    'messages an event, retained ones included',
    'messages',
    mean((one) => one.messages / one.events),
  );
  bench.add(
    'b',
    'bytes of a message',
    'bytes',
    mean((one) => one.bytes / one.messages),
  );
}

function countRows(bench: Bench, tallies: Readonly<Record<'store0' | 'small' | 'apart', Tally>>): void {
  const few = { text: '<= 0.03', reached: (_ratio: number, value: number) => value <= 0.03 };
  for (const [part, tally] of [
    ['c', tallies.store0],
    ['s', tallies.small],
    ['p', tallies.apart],
  ] as const) {
    bench.add(
      part,
      'store calls an event',
      'calls',
      tally.perEvent(({ store }) => store.calls),
      {
        ...(part === 'c' ? { goal: few } : {}),
      },
    );
    bench.add(
      part,
      'statements an event',
      'statements',
      tally.perEvent(({ store }) => store.statements),
    );
    bench.add(
      part,
      'write units an event',
      'units',
      tally.perEvent(({ store }) => store.writeUnits),
    );
    bench.add(
      part,
      'read units an event',
      'units',
      tally.perEvent(({ store }) => store.readUnits),
    );
    if (part !== 'c')
      bench.add(
        part,
        'SQS calls an event',
        'calls',
        tally.perEvent(({ queues }) => queues.calls),
      );
    if (tally.all.length === 0) continue;
    const shown = [
      ...tally.kinds(({ store }) => store.callsByKind),
      ...tally.kinds(({ queues }) => queues.callsByKind),
    ];
    const list = shown.slice(0, 12).map(([kind, count]) => `${kind} ${count.toPrecision(2)}`);
    bench.say(`(${part}) calls an event: ${list.join('; ')}`);
    const units = tally.kinds(({ store }) => store.writeUnitsByKind);
    bench.say(
      `(${part}) write units an event: ${units.map(([kind, n]) => `${kind} ${n.toPrecision(2)}`).join('; ')}`,
    );
  }
}

import { type Bench, type Counts } from '../bench.ts';
import { type BenchChild } from '../child.ts';
import { BESIDE, MEASURED } from '../cores.ts';
import { startApart, startSmall, type Form } from '../services/forms.ts';
import { cpuMicros, formTarget, perCore, perSecond, workerTarget, type Measured, type Target } from '../target.ts';
import { inTurns } from '../turns.ts';
import * as z from 'zod';

const Nothing = z.object({});

async function startForms(bench: Bench): Promise<{ readonly small: Target; readonly apart: Target }> {
  const { atOnce } = bench.addresses;
  const where = { cloudUrl: atOnce, storeUrl: atOnce, brokerUrl: bench.broker.url, core: MEASURED };
  const targetOf = async (name: string, starting: Promise<Form>): Promise<Target> => {
    const form = bench.own(await starting);
    const feeder = await bench.startPath({ path: 'feeder', url: form.entry.url, core: BESIDE });
    return formTarget(name, form, feeder, bench.cloud);
  };
  const small = await targetOf('small form', startSmall({ ...where, name: 'small' }));
  const apart = await targetOf('apart', startApart({ ...where, name: 'apart' }));
  return { small, apart };
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
    return [...sums].map(([kind, count]): [string, number] => [kind, count / events]).sort((a, b) => b[1] - a[1]);
  }
}

/** (a) to (c), (s) and (p): throughput of one core, and what it takes of store and queues. */
export async function paths(bench: Bench): Promise<void> {
  bench.say('(a) to (p): throughput of one core');
  const { atOnce, after4Ms, naive } = bench.addresses;
  const children = {
    ceiling: bench.startPath({ path: 'ceiling' }),
    twin: bench.startPath({ path: 'twin' }),
    noStore: bench.startPath({ path: 'engine' }),
    store0: bench.startPath({ path: 'engine', url: atOnce }),
    store4: bench.startPath({ path: 'engine', url: after4Ms }),
    naive: bench.startPath({ path: 'naive', url: naive }),
  };
  const twin: BenchChild = await children.twin;
  const targets = {
    noStore: workerTarget('(b)', await children.noStore),
    ceiling: workerTarget('(a)', await children.ceiling),
    twin: workerTarget('(a2)', twin),
    store0: workerTarget('(c) 0 ms', await children.store0),
    store4: workerTarget('(c) 4 ms', await children.store4),
    naive: workerTarget('naive', await children.naive),
    ...(await startForms(bench)),
  };
  bench.say('started');

  /** The twin sends what ours has just sent. */
  const followOurs = async (one: Measured): Promise<void> => {
    if (one.messages === 0) return;
    await twin.ask(Nothing, {
      kind: 'volume',
      messagesPerEvent: one.messages / one.events,
      bytesPerMessage: Math.round(one.bytes / one.messages),
    });
  };
  const tallies = { store0: new Tally(), small: new Tally(), apart: new Tally() };
  const of = await inTurns(bench, targets, {
    onWarm: (name, last) => (name === 'noStore' ? followOurs(last) : Promise.resolve()),
    async onMeasured(name, one) {
      if (name === 'noStore') await followOurs(one);
      // Taken after every measurement, so that each counts its own.
      const counts = await bench.counts();
      if (name === 'store0' || name === 'small' || name === 'apart') tallies[name].add(counts, one.events);
    },
  });
  for (const target of Object.values(targets)) await target.stop();

  throughputRows(bench, of);
  sizesRows(bench, of('noStore'));
  countRows(bench, tallies);
}

type Name = 'ceiling' | 'twin' | 'noStore' | 'store0' | 'store4' | 'naive' | 'small' | 'apart';
type AllMeasured = (name: Name) => readonly Measured[];

function throughputRows(bench: Bench, of: AllMeasured): void {
  const core = (name: Name) => of(name).map(perCore);
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
  bench.add('b', 'log events in a message of events', 'events', mean((one) => one.events / one.eventMessages));
  bench.add('b', 'messages an event, retained ones included', 'messages', mean((one) => one.messages / one.events));
  bench.add('b', 'bytes of a message', 'bytes', mean((one) => one.bytes / one.messages));
}

function countRows(bench: Bench, tallies: Readonly<Record<'store0' | 'small' | 'apart', Tally>>): void {
  const few = { text: '<= 0.03', reached: (_ratio: number, value: number) => value <= 0.03 };
  for (const [part, tally] of [
    ['c', tallies.store0],
    ['s', tallies.small],
    ['p', tallies.apart],
  ] as const) {
    bench.add(part, 'store calls an event', 'calls', tally.perEvent(({ store }) => store.calls), {
      ...(part === 'c' ? { goal: few } : {}),
    });
    bench.add(part, 'statements an event', 'statements', tally.perEvent(({ store }) => store.statements));
    bench.add(part, 'write units an event', 'units', tally.perEvent(({ store }) => store.writeUnits));
    bench.add(part, 'read units an event', 'units', tally.perEvent(({ store }) => store.readUnits));
    if (part !== 'c')
      bench.add(part, 'SQS calls an event', 'calls', tally.perEvent(({ queues }) => queues.calls));
    const shown = [
      ...tally.kinds(({ store }) => store.callsByKind),
      ...tally.kinds(({ queues }) => queues.callsByKind),
    ];
    const list = shown.slice(0, 12).map(([kind, count]) => `${kind} ${count.toPrecision(2)}`);
    bench.say(`(${part}) calls an event: ${list.join('; ')}`);
    const units = tally.kinds(({ store }) => store.writeUnitsByKind);
    bench.say(`(${part}) write units an event: ${units.map(([kind, n]) => `${kind} ${n.toPrecision(2)}`).join('; ')}`);
  }
}

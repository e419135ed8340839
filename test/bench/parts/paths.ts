import type { BenchChild } from '../child.ts';
import { perCore, perSecond, Ports, Throughput, type Bench } from '../bench.ts';

/** Measures several paths in turns, so that what else the machine does falls on all of them. */
async function inTurns<Name extends string>(
  bench: Bench,
  paths: Readonly<Record<Name, { readonly child: BenchChild; readonly events: number }>>,
): Promise<(name: Name, of: (one: Throughput) => number) => number[]> {
  const { runs } = bench.options;
  const measured = new Map<Name, Throughput[]>();
  const names = Object.keys(paths).filter((name): name is Name => name in paths);
  for (let run = 0; run <= runs; run += 1) {
    for (const name of names) {
      const { child, events } = paths[name];
      const one = await child.ask(Throughput, { kind: 'throughput', events });
      // The first round warms up.
      if (run > 0) measured.set(name, [...(measured.get(name) ?? []), one]);
    }
    bench.say(run === 0 ? 'warmed up' : `run ${run} of ${runs} done`);
  }
  return (name, of) => (measured.get(name) ?? []).map(of);
}

/** (a) to (c): throughput of one core. */
export async function paths(bench: Bench): Promise<void> {
  bench.say('(a) to (c): throughput of one core');
  const children = {
    ceiling: await bench.startPath({ path: 'ceiling' }),
    noStore: await bench.startPath({ path: 'ours' }),
    table0: await bench.startPath({ path: 'ours', store: 'table' }),
    table4: await bench.startPath({ path: 'ours', store: 'table4' }),
    http0: await bench.startPath({ path: 'ours', store: 'dynamodb', storeUrl: bench.urls.atOnce }),
    http4: await bench.startPath({ path: 'ours', store: 'dynamodb', storeUrl: bench.urls.after4Ms }),
    naive: await bench.startPath({ path: 'naive', storeUrl: bench.urls.atOnce }),
  };
  // Every run holds some thousand whole executions, and lasts as long as retained topics remember.
  const of = await inTurns(bench, {
    ceiling: { child: children.ceiling, events: 80_000 },
    noStore: { child: children.noStore, events: 80_000 },
    table0: { child: children.table0, events: 60_000 },
    table4: { child: children.table4, events: 60_000 },
    http0: { child: children.http0, events: 60_000 },
    http4: { child: children.http4, events: 60_000 },
    naive: { child: children.naive, events: 100 },
  });
  await bench.stub.ask(Ports, {});
  const counted = await children.http0.ask(Throughput, { kind: 'throughput', events: 60_000 });
  const { calls } = await bench.stub.ask(Ports, {});
  for (const child of Object.values(children)) await child.stop();
  const ceiling = of('ceiling', perCore);
  const naive = of('naive', perSecond);
  bench.add('(a) ceiling: bare MQTT.js, one publish an event', 'events/s/core', ceiling);
  bench.add('(b) decode, correlate, publish; no store', 'events/s/core', of('noStore', perCore), ceiling, {
    text: '>= 1.0x (a)',
    reached: (ratio) => ratio >= 1,
  });
  const third = { text: '>= 0.3x (a)', reached: (ratio: number) => ratio >= 0.3 };
  const often = { text: '>= 300x naive', reached: (ratio: number) => ratio >= 300 };
  bench.add('(c) durable, stub store 0 ms', 'events/s/core', of('table0', perCore), ceiling, third);
  bench.add('(c) durable, stub store 4 ms', 'events/s/core', of('table4', perCore), ceiling, third);
  bench.add(
    '(c) durable, stub store 4 ms, against the naive model',
    'events/s',
    of('table4', perSecond),
    naive,
    often,
  );
  bench.add(
    '(c) durable, signed HTTP to a stub, 0 ms',
    'events/s/core',
    of('http0', perCore),
    ceiling,
    third,
  );
  bench.add(
    '(c) durable, signed HTTP to a stub, 4 ms',
    'events/s/core',
    of('http4', perCore),
    ceiling,
    third,
  );
  bench.add('(c) the same against the naive model', 'events/s', of('http4', perSecond), naive, often);
  bench.add('    naive model, 4 ms get and 12 ms publish', 'events/s', naive);
  bench.results.push({
    name: '(c) calls to the store for one event',
    unit: 'calls',
    value: calls / counted.events,
    baseline: null,
    ratio: null,
    runs: 1,
  });
  bench.add(
    '    log events in one message (b)',
    'events',
    of('noStore', (one) => one.events / one.messages),
  );
}

import { type Bench } from '../bench.ts';
import { Paced, Prepared } from '../questions.ts';

const EVENTS_PER_SECOND = 2_000;
/** Each payload holds five records of an execution: until all have begun, and some have ended. */
const EVENTS_AN_EXECUTION = 6;

/** (e): the cost of an event by the number of executions under way. */
export async function concurrency(bench: Bench): Promise<void> {
  const { paceSeconds } = bench.plan;
  bench.say('(e) cost of an event by the number of executions under way');
  const counts = bench.plan.quick ? [100, 10_000] : [100, 1_000, 10_000];
  // All of them see as many events, and are as warm.
  const warmUpEvents = EVENTS_AN_EXECUTION * Math.max(...counts);
  const children = await Promise.all(
    counts.map(async (executions) => {
      const child = await bench.startPath({
        path: 'engine',
        url: bench.addresses.atOnce,
        executions,
        core: 'any',
      });
      // The executions begin here, before they are measured: the events of a beginning cost more than those that follow.
      for (let seen = 0; seen < warmUpEvents;)
        seen += (await child.ask(Prepared, { kind: 'advance', events: 10_000 })).events;
      return { executions, child, micros: [] as number[] };
    }),
  );
  bench.say('warmed up');
  // At a pace that all of them keep up with: what waits together is merged, and of fewer executions more would wait.
  const pace = { kind: 'pace', eventsPerSecond: EVENTS_PER_SECOND, seconds: paceSeconds };
  await bench.rounds('concurrency', async () => {
    for (const { child, micros } of children) {
      const { cpuSeconds, events } = await child.ask(Paced, pace);
      micros.push((cpuSeconds / events) * 1e6);
    }
  });
  for (const { child } of children) await child.stop();
  const [base, ...others] = children;
  if (base === undefined) return;
  const rate = `${EVENTS_PER_SECOND.toLocaleString('en-US')} events/s`;
  bench.add('e', `CPU an event at ${rate}, 100 executions`, 'µs', base.micros);
  for (const { executions, micros } of others)
    bench.add('e', `the same, ${executions.toLocaleString('en-US')} executions`, 'µs', micros, {
      against: base.micros,
      goal: { text: '<= 1.3 x 100', reached: (ratio) => ratio <= 1.3 },
    });
}

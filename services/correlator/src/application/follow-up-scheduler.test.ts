import { describe, expect, it } from 'vitest';
import { silentLogger, type Timers } from '@stepcast/kit';
import { ManualTime, settle } from '@stepcast/kit/testing';
import fc from 'fast-check';
import { arnOf } from '../testing/correlation-bench.ts';
import { FollowUpScheduler, MAX_UNDER_WAY as PLACES } from './follow-up-scheduler.ts';
import { nameOf, type FollowUp } from './follow-ups.ts';

const MAX_UNDER_WAY = PLACES.journal;

const process = (name: string, afterMs = 0): FollowUp => ({
  kind: 'process',
  executionArn: arnOf(name),
  afterMs,
});

function createBench(work: (followUp: FollowUp) => Promise<readonly FollowUp[]>) {
  const time = new ManualTime();
  let timersSet = 0;
  const timers: Timers = {
    after(delayMs, callback) {
      timersSet += 1;
      return time.after(delayMs, callback);
    },
  };
  const began: FollowUp[] = [];
  const scheduler = new FollowUpScheduler({
    clock: time,
    timers,
    logger: silentLogger,
    random: () => 0.5,
    run(followUp) {
      began.push(followUp);
      return work(followUp);
    },
  });
  return { time, scheduler, began, timersSet: () => timersSet };
}

describe('follow-ups', () => {
  it('set no timers for what is due at once and under way (100 tasks once set 60,100 timers in 2 s)', async () => {
    const gate = Promise.withResolvers<void>();
    const { time, scheduler, began, timersSet } = createBench(async () => {
      await gate.promise;
      return [];
    });
    const all = Array.from({ length: 100 }, (_unused, index) => process(`run-${index}`));
    scheduler.schedule(all);
    scheduler.schedule(all);
    await time.advance(2_000);
    expect([began.length, timersSet()]).toEqual([100, 0]);
    gate.resolve();
    await scheduler.idle();
    expect([began.length, timersSet()]).toEqual([200, 0]);
  });

  it('run once for a name, at the earlier of two times', async () => {
    const { time, scheduler, began } = createBench(() => Promise.resolve([]));
    scheduler.schedule([process('a', 500), process('a', 100), process('a', 900)]);
    await time.advance(99);
    expect(began).toHaveLength(0);
    await time.advance(10_000);
    expect(began).toEqual([process('a', 100)]);
  });

  it('schedule what follows from them', async () => {
    const { time, scheduler, began } = createBench((followUp) =>
      Promise.resolve(nameOf(followUp) === nameOf(process('a')) ? [process('b', 50)] : []),
    );
    scheduler.schedule([process('a')]);
    await time.advance(50);
    expect(began).toEqual([process('a'), process('b', 50)]);
  });

  it('are tried again when they fail, later each time, and given up after the eighth', async () => {
    const { time, scheduler, began } = createBench(() => Promise.reject(new Error('no')));
    scheduler.schedule([process('a')]);
    await time.advance(0);
    expect(began).toHaveLength(1);
    await time.advance(3_600_000);
    expect(began).toHaveLength(9);
  });

  it('are called off by stop, which waits for what is under way', async () => {
    const gate = Promise.withResolvers<void>();
    const { time, scheduler, began } = createBench(async () => {
      await gate.promise;
      return [process('later')];
    });
    scheduler.schedule([process('a'), process('b', 10)]);
    let stopped = false;
    const stopping = scheduler.stop().then(() => {
      stopped = true;
    });
    await settle();
    expect(stopped).toBe(false);
    gate.resolve();
    await stopping;
    await time.advance(1_000);
    expect([began.length, time.pending]).toEqual([1, 0]);
  });

  it('run a limited number side by side, in the order of their time: 40,000 once began at once', async () => {
    let underWay = 0;
    let most = 0;
    const gate = Promise.withResolvers<void>();
    const { time, scheduler, began } = createBench(async () => {
      underWay += 1;
      most = Math.max(most, underWay);
      await gate.promise;
      underWay -= 1;
      return [];
    });
    const all = Array.from({ length: 40_000 }, (_unused, index) => process(`run-${index}`));
    scheduler.schedule(all);
    scheduler.schedule([process('last', 10), process('run-500'), process('run-39999')]);
    await time.advance(10);
    expect([began.length, time.pending]).toEqual([MAX_UNDER_WAY, 0]);
    gate.resolve();
    await scheduler.idle();
    expect(most).toBe(MAX_UNDER_WAY);
    expect(began).toEqual([...all, process('last', 10)]);
  });

  it.each([
    ['polls of Map Runs', 'pollMapRuns', 8],
    ['descriptions of executions', 'describe', 32],
    ['descriptions of state machines', 'describeMachine', 8],
  ] as const)(
    'do not wait for %s: 200 executions with Map Runs once held every place, and a gap check waited 76 s',
    async (_what, kind, places) => {
      const gate = Promise.withResolvers<void>();
      const { scheduler, began } = createBench(async (followUp) => {
        if (followUp.kind === kind) await gate.promise;
        return [];
      });
      const slow = Array.from({ length: 200 }, (_unused, index): FollowUp => {
        const executionArn = arnOf(`run-${index}`);
        return { kind, executionArn, machineArn: `machine-${index}`, afterMs: 0 };
      });
      const gapCheck: FollowUp = { kind: 'checkGap', executionArn: arnOf('run-7'), afterMs: 0 };
      scheduler.schedule([...slow, gapCheck]);
      await settle();
      expect(began).toEqual([...slow.slice(0, places), gapCheck]);
      gate.resolve();
      await scheduler.idle();
      expect(began).toHaveLength(201);
    },
  );

  it('are called off by stop when they wait for their turn', async () => {
    const gate = Promise.withResolvers<void>();
    const { time, scheduler, began } = createBench(async () => {
      await gate.promise;
      return [];
    });
    scheduler.schedule(Array.from({ length: 1_000 }, (_unused, index) => process(`run-${index}`)));
    scheduler.schedule([process('run-0')]);
    const stopped = scheduler.stop();
    scheduler.schedule([process('late')]);
    gate.resolve();
    await stopped;
    await time.advance(1_000);
    expect(began).toHaveLength(MAX_UNDER_WAY);
  });

  it('of one name take turns with others when there is no room', async () => {
    const done: PromiseWithResolvers<void>[] = [];
    const { scheduler, began } = createBench(async () => {
      const one = Promise.withResolvers<void>();
      done.push(one);
      await one.promise;
      return [];
    });
    scheduler.schedule(Array.from({ length: MAX_UNDER_WAY }, (_unused, index) => process(`run-${index}`)));
    scheduler.schedule([process('other'), process('run-0')]);
    for (const index of [0, 1]) {
      done[index]?.resolve();
      await settle();
    }
    expect(began.slice(MAX_UNDER_WAY)).toEqual([process('other'), process('run-0')]);
  });

  it('run one at a time for a name, and every name that was scheduled, whatever fails', async () => {
    const step = fc.record({
      name: fc.nat(3),
      afterMs: fc.constantFrom(0, 0, 5, 20),
      wait: fc.constantFrom(0, 0, 3, 30),
      fails: fc.boolean(),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 30 }), async (steps) => {
        const underWay = new Set<string>();
        const overlapped: string[] = [];
        let turn = 0;
        const { time, scheduler, began } = createBench(async (followUp) => {
          const name = nameOf(followUp);
          if (underWay.has(name)) overlapped.push(name);
          underWay.add(name);
          const { fails = false } = steps[turn % steps.length] ?? {};
          turn += 1;
          await new Promise<void>((done) => time.after(turn % 7, done));
          underWay.delete(name);
          if (fails) throw new Error('no');
          return [];
        });
        for (const { name, afterMs, wait } of steps) {
          scheduler.schedule([process(`run-${name}`, afterMs)]);
          await time.advance(wait);
        }
        await time.advance(3_600_000);
        await scheduler.idle();
        expect(time.pending).toBe(0);
        expect(overlapped).toEqual([]);
        expect(new Set(began.map(nameOf))).toEqual(
          new Set(steps.map(({ name }) => nameOf(process(`run-${name}`)))),
        );
      }),
    );
  });
});

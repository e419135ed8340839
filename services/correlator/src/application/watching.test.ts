import { describe, expect, it } from 'vitest';
import { silentLogger } from '@stepcast/kit';
import { ManualTime } from '@stepcast/kit/testing';
import fc from 'fast-check';
import { arnOf } from '../testing/correlation-bench.ts';
import { FailureSwitch } from '../testing/failure-switch.ts';
import { InMemoryWatchList } from '../testing/in-memory-stores.ts';
import { FollowUpScheduler } from './follow-up-scheduler.ts';
import { MAX_ENDED, Watching } from './watching.ts';

function createBench(keepEndedMs?: number) {
  const time = new ManualTime();
  const failures = new FailureSwitch();
  const watchList = new InMemoryWatchList(failures);
  const watching = new Watching({ watchList, timers: time, keepEndedMs });
  const scheduler = new FollowUpScheduler({
    clock: time,
    timers: time,
    logger: silentLogger,
    random: () => 0.5,
    async run() {
      await watching.takeOff();
      return [];
    },
  });
  const end = (name: string) => {
    scheduler.schedule(watching.end(arnOf(name)));
  };
  const listed = async () => {
    const all: string[] = [];
    for await (const page of watchList.pages()) all.push(...page.map((one) => one.executionArn));
    return all.toSorted();
  };
  return { time, failures, listed, watching, end };
}

const begun = (name: string) => ({ executionArn: arnOf(name), sinceMs: 1 });

describe('watching', () => {
  it('has exactly those on the list that have begun and not ended, whatever fails and however soon they begin again', async () => {
    const step = fc.oneof(
      fc.record({ what: fc.constantFrom('begin', 'end'), which: fc.nat(4) }),
      fc.record({ what: fc.constant('wait'), which: fc.constantFrom(0, 100, 6_000) }),
      fc.record({ what: fc.constant('fail'), which: fc.integer({ min: 1, max: 3 }) }),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
        const { time, failures, listed, watching, end } = createBench();
        const running = new Set<string>();
        for (const { what, which } of steps) {
          const arn = arnOf(`run-${which}`);
          if (what === 'wait') await time.advance(which);
          else if (what === 'fail') failures.failAt(which, 'before');
          else if (what === 'end') {
            end(`run-${which}`);
            running.delete(arn);
          } else {
            // What cannot begin is tried again, as a message is redelivered.
            while (!running.has(arn)) {
              await watching.begin(begun(`run-${which}`)).then(
                () => running.add(arn),
                () => undefined,
              );
            }
          }
        }
        await time.advance(60_000);
        failures.clear();
        expect(await listed()).toEqual([...running].toSorted());
      }),
    );
  });

  it('leaves on the list what ends soon after the start, for the process after it', async () => {
    const { time, listed, watching, end } = createBench(165_000);
    await watching.begin(begun('early'));
    end('early');
    await time.advance(164_000);
    expect(await listed()).toEqual([arnOf('early')]);
    await time.advance(1_000);
    end('early');
    await time.advance(60_000);
    expect(await listed()).toEqual([]);
  });

  it('remembers a limited number of ended ones while none can be taken off: it once remembered all', async () => {
    const { time, failures, listed, watching, end } = createBench();
    const last = `run-${MAX_ENDED}`;
    for (const name of ['run-0', last]) await watching.begin(begun(name));
    failures.failAt(1, 'before');
    for (let index = 0; index <= MAX_ENDED; index += 1) end(`run-${index}`);
    await time.advance(60_000);
    expect(await listed()).toEqual([arnOf(last)]);
    // As the sweep does, which finds it on the list.
    end(last);
    await time.advance(60_000);
    expect(await listed()).toEqual([]);
  });

  it('takes many off in one call, and does not wait when there are many', async () => {
    const { time, failures, listed, watching, end } = createBench();
    const names = Array.from({ length: 25 }, (_unused, index) => `run-${index}`);
    for (const name of names) await watching.begin(begun(name));
    const before = failures.calls;
    for (const name of names) end(name);
    await time.advance(1);
    expect(failures.calls - before).toBe(1);
    expect(await listed()).toEqual([]);
  });
});

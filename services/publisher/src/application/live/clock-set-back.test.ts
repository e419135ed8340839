import { expect, it } from 'vitest';
import { createClock } from '@stepcast/kit';
import { createFakeBroker } from '../../testing/fake-broker.ts';
import { offsetsOf, stateOf } from '../../testing/published.ts';
import { sampleHandover, sampleStream } from '../../testing/samples.ts';
import { createTestCore, TEST_CONNECTION_LIMITS } from '../../testing/test-core.ts';
import { createVirtualTime } from '../../testing/virtual-time.ts';

it.each([
  ['a broker without limits', {}],
  ['the limits of a connection', { connection: { ...TEST_CONNECTION_LIMITS, maxPublishes: 10 } }],
])(
  'a system clock that is set back by 20 minutes stalled a publisher for as long: %s',
  async (_name, overrides) => {
    const time = createVirtualTime();
    let aheadMs = 20 * 60_000;
    const clock = createClock(
      () => time.nowMs() + aheadMs,
      () => time.nowMs(),
    );
    const broker = createFakeBroker();
    const one = createTestCore({ broker, clock, timers: time.timers, overrides });
    one.core.start();
    const before = Array.from({ length: 10 }, (_unused, index) => sampleStream(index + 1));
    const after = Array.from({ length: 50 }, (_unused, index) => sampleStream(index + 101));
    for (const stream of before) one.core.accept(sampleHandover(stream, 1, 3));
    await time.advance(500);
    aheadMs = 0;
    for (const stream of [...before, ...after])
      one.core.accept(sampleHandover(stream, 4, 6, { status: 'succeeded' })).settled.catch(() => undefined);
    await time.advance(60_000);
    for (const stream of after) expect(offsetsOf(broker, stream)).toEqual([4, 5, 6]);
    for (const stream of before) expect(stateOf(broker, stream)?.status).toBe('succeeded');
    await one.stop({ force: true });
  },
);

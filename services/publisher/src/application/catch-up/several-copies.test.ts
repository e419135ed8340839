import { describe, expect, it } from 'vitest';
import { MESSAGE_TYPES, SessionId, topicSpace } from '@stepcast/contracts';
import { createFakeBroker } from '../../testing/fake-broker.ts';
import { sampleStream } from '../../testing/samples.ts';
import { createTestCore } from '../../testing/test-core.ts';
import { createVirtualTime } from '../../testing/virtual-time.ts';

const topics = topicSpace();
const { identityId, epochStartedAt } = sampleStream(1);
const SESSIONS = Array.from({ length: 8 }, (_unused, index) => SessionId.parse(`s${index}`));

const REQUEST = JSON.stringify({
  specversion: '1.0',
  id: 'a',
  type: MESSAGE_TYPES.catchUpRequest,
  time: epochStartedAt,
  source: 'web',
  datacontenttype: 'application/json',
  data: { requestId: 'r1', overview: true, uploads: [] },
});

/** Has every session ask the one copy that is connected. @returns how many replies each session got */
async function repliesOf(share: { index: number; of: number }, sharedSubscriptions: boolean) {
  const time = createVirtualTime();
  const broker = createFakeBroker({ sharedSubscriptions });
  const copy = createTestCore({ broker, clock: time, timers: time.timers, overrides: { share } });
  copy.start();
  await time.settle();
  // A second apart: one identity may not ask faster.
  for (const session of SESSIONS) {
    const topic = topics.build({ kind: 'requests', identityId, session });
    broker.request({ topic, payload: Buffer.from(REQUEST) });
    await time.advance(1_000);
  }
  const counts = SESSIONS.map((session) => {
    const reply = topics.build({ kind: 'replies', identityId, session });
    return broker.received.filter(({ topic }) => topic === reply).length;
  });
  await copy.stop({ force: true });
  return counts;
}

const ONCE_EACH = SESSIONS.map(() => 1);

describe('catch-up with several copies', () => {
  it('leaves no request unanswered that the broker gave to one copy alone', async () => {
    expect(await repliesOf({ index: 0, of: 2 }, true)).toEqual(ONCE_EACH);
    expect(await repliesOf({ index: 1, of: 2 }, true)).toEqual(ONCE_EACH);
  });

  it('answers each request once where the broker gives every copy all of them', async () => {
    const [one, other] = [
      await repliesOf({ index: 0, of: 2 }, false),
      await repliesOf({ index: 1, of: 2 }, false),
    ];
    expect(one.map((count, index) => count + (other[index] ?? 0))).toEqual(ONCE_EACH);
    expect(Math.max(...one, ...other)).toBe(1);
    expect(one).not.toEqual(ONCE_EACH);
  });
});

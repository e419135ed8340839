import { beforeEach, describe, expect, it } from 'vitest';
import { ManualTime } from '../testing.ts';
import { createFailureWatch, type FailureWatch } from './failure-watch.ts';

describe('a watch of failures', () => {
  let time: ManualTime;
  let watch: FailureWatch;
  beforeEach(() => {
    time = new ManualTime();
    watch = createFailureWatch(time, 30_000);
  });
  const failed = { ok: false, reason: 'the queue does not answer' };

  it('fails its check until the next success', () => {
    watch.failed('infrastructure', failed.reason);
    expect(watch.check()).toEqual(failed);
    watch.succeeded();
    expect(watch.check()).toEqual({ ok: true });
  });

  it('fails its check no longer than it was asked to', async () => {
    watch.failed('infrastructure', failed.reason);
    await time.advance(29_999);
    expect(watch.check()).toEqual(failed);
    await time.advance(1);
    expect(watch.check()).toEqual({ ok: true });
  });

  it.each(['contention', 'poison', 'unexpected'] as const)(
    'takes a failure by %s neither for one of the infrastructure nor for a success',
    (kind) => {
      watch.failed(kind, 'something about the message');
      expect(watch.check()).toEqual({ ok: true });
      watch.failed('infrastructure', failed.reason);
      watch.failed(kind, 'something about the message');
      expect(watch.check()).toEqual(failed);
    },
  );
});

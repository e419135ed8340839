import { beforeEach, describe, expect, it } from 'vitest';
import { ExecutionArn } from '@stepcast/contracts';
import { ManualTime } from '@stepcast/kit/testing';
import type { StatusFact } from '../domain/fold-status.ts';
import { EndHolds } from './end-holds.ts';

const succeeded: StatusFact = {
  status: 'succeeded',
  redriveCount: 0,
  startMs: 0,
  stopMs: 1,
  redriveMs: null,
};
/** With the longest names that Step Functions takes. */
const arnOf = (index: number) =>
  ExecutionArn.parse(
    `arn:aws:states:us-east-1:111122223333:execution:${'m'.repeat(80)}:${String(index).padStart(80, '0')}`,
  );

describe('what is remembered of running executions', () => {
  let time: ManualTime;
  let holds: EndHolds;
  beforeEach(() => {
    time = new ManualTime();
    holds = new EndHolds({ timers: time, holdMs: 2_000 });
  });

  it('is bounded in bytes: the end of the one noted longest ago is not held', async () => {
    for (let index = 0; index < 9_500; index += 1) holds.note(arnOf(index), 'running');
    const forgotten = holds.hold(arnOf(0), succeeded);
    expect(time.pending).toBe(0);
    const held = holds.hold(arnOf(9_499), succeeded);
    expect(time.pending).toBe(1);
    await time.advance(2_000);
    await Promise.all([forgotten, held]);
  });
});

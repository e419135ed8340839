import { describe, expect, it } from 'vitest';
import { systemTimers } from '@stepcast/kit';
import { EventRelay, statusChangeEvent, type EventFaults } from '../events/index.ts';
import { faultSettings } from './faults.ts';

const none = { duplicate: 0, reorder: 0, delay: 0, truncate: 0, lose: 0, loseUploads: 0 };

/** How many of so many events arrive. */
async function arrived(faults: EventFaults, events: number): Promise<number> {
  let count = 0;
  const relay = new EventRelay({
    timers: systemTimers,
    random: () => 0,
    faults,
    send: () => {
      count += 1;
      return Promise.resolve();
    },
  });
  const event = statusChangeEvent(
    { id: 'e', accountId: '111122223333', region: 'us-east-1' },
    { executionArn: 'arn:aws:states:us-east-1:111122223333:execution:m:e', startDate: 1, stopDate: null },
  );
  for (let sent = 0; sent < events; sent += 1) relay.publish(event);
  await relay.whenIdle();
  await relay.close();
  return count;
}

describe('fault settings', () => {
  it('lose log events and status changes with `lose`, and never what starts a workflow', async () => {
    const { ofLogs, ofStatuses, ofUploads } = faultSettings({ ...none, lose: 1 });
    expect([ofLogs.lose, await arrived(ofStatuses, 5), await arrived(ofUploads, 5)]).toEqual([1, 0, 5]);
  });

  it('lose what starts a workflow with `loseUploads` alone', async () => {
    const { ofLogs, ofStatuses, ofUploads } = faultSettings({ ...none, loseUploads: 1 });
    expect([ofLogs.lose, await arrived(ofStatuses, 5), await arrived(ofUploads, 5)]).toEqual([0, 5, 0]);
  });

  it('hold from the next event on, also for a relay that runs', async () => {
    const faults = faultSettings(none);
    expect(await arrived(faults.ofStatuses, 3)).toBe(3);
    faults.change({ duplicate: 1 });
    expect(await arrived(faults.ofStatuses, 3)).toBe(6);
    faults.change({ duplicate: 0, lose: 1 });
    expect(await arrived(faults.ofStatuses, 3)).toBe(0);
    expect(faults.rates).toEqual({ ...none, lose: 1 });
  });
});

import { describe, expect, it } from 'vitest';
import { machine, never, task } from '@stepcast/asl-interpreter/testing';
import { sandbox } from './testing/harness.ts';

describe('engine', () => {
  it('is not disturbed by listeners that throw', async () => {
    const errors: unknown[] = [];
    const statuses: string[] = [];
    const one = sandbox(
      {},
      {
        onHistoryEvents: () => {
          throw new Error('listener');
        },
        onStatusChange: ({ status }) => void statuses.push(status),
        onError: (error) => void errors.push(error),
      },
    );
    one.start(machine({ Type: 'Pass', End: true }));
    await one.time.run(() => statuses.length === 2);
    expect(statuses).toEqual(['RUNNING', 'SUCCEEDED']);
    expect(errors).toHaveLength(4);
  });

  it('is aborted by close, which waits for quiet and leaves no timer', async () => {
    const one = sandbox(never);
    const executionArn = one.start(machine(task({ TimeoutSeconds: 100 })));
    await one.time.advance(0);
    await one.stepFunctions.close();
    expect(one.result(executionArn)).toMatchObject({ status: 'ABORTED', error: 'Sandbox.Stopped' });
    expect(one.time.pendingDelays()).toEqual([]);
    expect(() => one.start(machine({ Type: 'Pass', End: true }))).toThrow('while the sandbox stops');
  });
});

import { describe, expect, it } from 'vitest';
import { machine, task } from '../../testing/definitions.ts';
import { chain, sandbox } from '../../testing/harness.ts';

describe('an activity', () => {
  const arn = 'arn:aws:states:us-east-1:111122223333:activity:A';
  it('hands its task to the worker that asks, and ends with what the worker sends (recorded from AWS)', async () => {
    const one = sandbox();
    const executionArn = one.start(machine(task({ Resource: arn })), { v: 1 });
    await one.time.advance(0);
    const polled = await one.activities.poll(arn, 'worker', new AbortController().signal);
    expect(polled?.input).toBe('{"v":1}');
    one.tokens.succeed(polled?.taskToken ?? '', 'done');
    await one.time.advance(0);
    expect(chain(one.result(executionArn).events)).toEqual([
      '1 ExecutionStarted<-0',
      '2 TaskStateEntered<-0',
      '3 ActivityScheduled<-2',
      '4 ActivityStarted<-3',
      '5 ActivitySucceeded<-4',
      '6 TaskStateExited<-5',
      '7 ExecutionSucceeded<-6',
    ]);
    expect(one.result(executionArn).events[3]?.details).toEqual({ workerName: 'worker' });
  });

  it('waits for a worker, and times out without one', async () => {
    const one = sandbox();
    const { error, events } = await one.run(machine(task({ Resource: arn, TimeoutSeconds: 5 })));
    expect(error).toBe('States.Timeout');
    expect(events.at(-2)?.type).toBe('ActivityTimedOut');
    const abort = new AbortController();
    const poll = one.activities.poll(arn, undefined, abort.signal);
    abort.abort();
    await expect(poll).resolves.toBeUndefined();
  });
});

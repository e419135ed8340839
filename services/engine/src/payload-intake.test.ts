import { beforeEach, describe, expect, it } from 'vitest';
import { createMetrics, type Metrics } from '@stepcast/kit';
import { ManualTime } from '@stepcast/kit/testing';
import { createPayloadIntake, type PayloadIntake } from './payload-intake.ts';

describe('the intake of payloads', () => {
  let time: ManualTime;
  let metrics: Metrics;
  let intake: PayloadIntake;

  beforeEach(() => {
    time = new ManualTime();
    metrics = createMetrics('test_');
    intake = createPayloadIntake({ maxPayloads: 2, maxBytes: 1_000, timeoutMs: 500, timers: time, metrics });
  });

  const enter = (bytes: number) => {
    const leave = intake.enter(bytes);
    if (leave === undefined) throw new Error('no room');
    return leave;
  };

  it('has no room when it is closed', async () => {
    intake.close();
    expect(intake.enter(1)).toBeUndefined();
    expect(await metrics.text()).toContain('test_payloads_postponed_total{reason="stopping"} 1');
  });

  it('gives the result of work that ends in time, and its failure', async () => {
    expect(await intake.run(enter(1), () => Promise.resolve('done'))).toBe('done');
    const failure = new Error('away');
    await expect(intake.run(enter(1), () => Promise.reject(failure))).rejects.toBe(failure);
    enter(500);
    enter(500);
  });

  it('has a waiting caller try again when the time is over, and gives the room back only when the work has ended', async () => {
    const work = Promise.withResolvers<string>();
    const first = intake.run(enter(1_000), () => work.promise);
    const failure = first.catch((thrown: unknown) => thrown);
    await time.advance(500);
    expect(await failure).toMatchObject({ code: 'ENGINE_PAYLOAD_POSTPONED', retryable: true });
    expect(intake.enter(1)).toBeUndefined();
    expect(await metrics.text()).toContain('test_payloads_postponed_total{reason="full"} 1');
    work.resolve('done');
    await time.advance(0);
    enter(1_000);
    expect(await metrics.text()).toContain('test_payloads_postponed_total{reason="time"} 1');
  });
});

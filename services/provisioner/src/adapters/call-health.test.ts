import { createRateGate, type CheckResult } from '@stepcast/kit';
import { ManualTime } from '@stepcast/kit/testing';
import { describe, expect, it } from 'vitest';
import { DirectoryUnavailableError } from '../errors.ts';
import { createCallHealth, observedGate, type CallHealthOptions } from './call-health.ts';

const OK: CheckResult = { ok: true };
const away = () => Promise.reject(new Error('ECONNREFUSED'));

function world(options: Partial<CallHealthOptions> = {}) {
  const time = new ManualTime();
  const state = { up: true, probes: 0 };
  const health = createCallHealth({
    probe: async () => {
      state.probes += 1;
      await Promise.resolve();
      if (!state.up)
        throw new DirectoryUnavailableError('GetPolicy', { cause: new RangeError('what AWS said') });
    },
    clock: time,
    ...options,
  });
  return { time, state, health };
}

describe('the health of what is called', () => {
  it('is seen from everyday calls, without calls of its own', async () => {
    const { time, state, health } = world();
    for (let n = 0; n < 10; n += 1) {
      await expect(health.observe(() => Promise.resolve(n))).resolves.toBe(n);
      await time.advance(59_999);
      expect(await health.check()).toEqual(OK);
    }
    expect(state.probes).toBe(0);
  });

  it('is probed once for all who ask at a time, and not again for a minute', async () => {
    const { time, state, health } = world();
    expect(await Promise.all([health.check(), health.check(), health.check()])).toEqual([OK, OK, OK]);
    await time.advance(59_999);
    await health.check();
    expect(state.probes).toBe(1);
    await time.advance(1);
    await health.check();
    expect(state.probes).toBe(2);
  });

  it('is not judged by one failed call, which may be about one caller', async () => {
    const { state, health } = world();
    await expect(health.observe(away)).rejects.toThrow('ECONNREFUSED');
    expect(await health.check()).toEqual(OK);
    expect(state.probes).toBe(1);
  });

  it('is bad while probes fail, at most one in 15 seconds, and good again with the first success', async () => {
    const { time, state, health } = world();
    state.up = false;
    const bad = { ok: false, reason: 'GetPolicy failed; try again shortly (RangeError)' };
    expect(await health.check()).toEqual(bad);
    await time.advance(14_999);
    expect(await health.check()).toEqual(bad);
    expect(state.probes).toBe(1);
    await health.observe(() => Promise.resolve());
    expect(await health.check()).toEqual(OK);
    await expect(health.observe(away)).rejects.toThrow('ECONNREFUSED');
    await time.advance(1);
    expect(await health.check()).toEqual(bad);
    expect(state.probes).toBe(2);
    state.up = true;
    await time.advance(15_000);
    expect(await health.check()).toEqual(OK);
  });

  it('outlives failures where what was fetched stays good', async () => {
    const { time, state, health } = world({ outlivesFailures: true, goodForMs: 3_600_000 });
    await health.check();
    state.up = false;
    await expect(health.observe(away)).rejects.toThrow('ECONNREFUSED');
    await time.advance(3_599_999);
    expect(await health.check()).toEqual(OK);
    await time.advance(1);
    expect(await health.check()).toMatchObject({ ok: false });
  });

  it('says nothing about calls that a full gate turned away', async () => {
    const { time, state, health } = world();
    const gate = observedGate(
      createRateGate({ capacity: 1, perSecond: 1, maxWaiting: 0 }, time, time),
      health,
    );
    await health.check();
    await expect(gate.run(() => Promise.resolve())).rejects.toMatchObject({ code: 'KIT_RATE_GATE_FULL' });
    expect(await health.check()).toEqual(OK);
    expect(state.probes).toBe(1);
  });
});

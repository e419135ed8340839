import { describe, expect, it } from 'vitest';
import { PARTS, PATHS, readOptions } from './options.ts';

function planOf(...args: string[]) {
  const asked = readOptions(args);
  return 'plan' in asked ? asked.plan : undefined;
}
function problemOf(...args: string[]) {
  const asked = readOptions(args);
  return 'problem' in asked ? asked.problem : undefined;
}

describe('the command line of the bench', () => {
  it('measures everything five times when nothing is said', () => {
    expect(planOf()).toMatchObject({ quick: false, rounds: 5, parts: new Set(PARTS), overloadSeconds: 600 });
  });

  it('is shorter when quick, in every respect', () => {
    const [quick, full] = [planOf('--quick'), planOf()];
    for (const name of ['rounds', 'windowMs', 'latencySeconds', 'paceSeconds', 'overloadSeconds'] as const)
      expect(quick?.[name]).toBeLessThan(full?.[name] ?? 0);
  });

  it('ends within three minutes when quick: the parts have limits, which leave ten seconds to begin and to end', () => {
    const limits = planOf('--quick')?.limits;
    const seconds = PARTS.map((part) => limits?.[part].seconds ?? Infinity);
    expect(seconds.reduce((sum, one) => sum + one, 0)).toBeLessThanOrEqual(170);
    for (const part of PARTS)
      expect(limits?.[part].roundsSeconds).toBeLessThanOrEqual(limits?.[part].seconds ?? 0);
    expect(planOf()?.limits).toBeUndefined();
    // Of some parts alone, the figures are worth more than the time.
    expect(planOf('--quick', '--only', 'paths')?.limits).toBeUndefined();
  });

  it('has time for everything when quick, in what is measured by the clock', () => {
    const plan = planOf('--quick');
    if (plan?.limits === undefined) throw new TypeError('a quick plan has limits');
    const { limits, rounds, latencySeconds, paceSeconds, overloadSeconds, warmUp, windowMs } = plan;
    const of = (ms: number) => (PATHS.length * ms) / 1_000;
    // Each target may measure one slice more than its warm-up lasts.
    const pathsSeconds = of(warmUp.maxMs + warmUp.sliceMs) + rounds * of(windowMs);
    expect(pathsSeconds).toBeLessThanOrEqual(0.6 * limits.paths.roundsSeconds);
    const [rates, targets, executions] = [2, 3, 2];
    expect(rounds * rates * targets * latencySeconds).toBeLessThanOrEqual(0.7 * limits.latency.roundsSeconds);
    expect(rounds * executions * paceSeconds).toBeLessThanOrEqual(0.5 * limits.concurrency.roundsSeconds);
    expect(overloadSeconds).toBeLessThanOrEqual(0.5 * limits.overload.seconds);
  });

  it('takes what is said over what quick means', () => {
    expect(planOf('--quick', '--runs', '1', '--overload', '60')).toMatchObject({
      rounds: 1,
      overloadSeconds: 60,
    });
  });

  it.each([
    ['--only', 'paths,nothing', 'no such part: nothing'],
    ['--paths', 'ceiling,cellar', 'no such path: cellar'],
    ['--runs', '0', '--runs takes'],
    ['--runs', '1.5', '--runs takes'],
    ['--runs', '', '--runs takes'],
    ['--overload', 'long', '--overload takes'],
    ['--window', '1e9', '--window takes'],
    ['--fast', '', '--fast'],
  ])('names what is wrong with %s %s', (option, value, problem) => {
    expect(problemOf(option, value)).toContain(problem);
  });
});

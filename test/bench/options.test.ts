import { describe, expect, it } from '@jest/globals';
import { PARTS, readOptions } from './options.ts';

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
    expect(quick?.dueSeconds?.client).toBeLessThanOrEqual(180);
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

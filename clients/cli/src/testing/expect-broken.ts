import { expect } from 'vitest';
import { type Chain } from '../domain/evidence.ts';
import { type LinkResult, type Verdict } from '../domain/link.ts';
import { type Setup } from '../domain/setup.ts';
import { applyRepair } from './apply-repair.ts';
import { healthyChain, judge } from './fixtures.ts';

export interface Broken {
  readonly chain?: Partial<Chain>;
  readonly setup?: Partial<Setup>;
  /** Default `fail`. */
  readonly verdict?: Verdict;
  /** Words that the evidence must hold. */
  readonly says: RegExp;
  /** What a line of the repair must begin with or hold. */
  readonly repair: RegExp;
  /** Whether carrying the printed commands out must mend the link. Default true. */
  readonly mends?: boolean;
}

/** The link fails by name with that evidence and repair, and passes again once the printed commands were carried out. */
export function expectBroken(link: string, broken: Broken): LinkResult {
  const result = judge(link, broken.chain, broken.setup);
  expect({ link: result.link, verdict: result.verdict }).toEqual({ link, verdict: broken.verdict ?? 'fail' });
  expect(result.evidence.join('\n')).toMatch(broken.says);
  expect(result.repair.join('\n')).toMatch(broken.repair);
  if (broken.mends !== false) {
    const commands = result.repair.filter(
      (line) => line.startsWith('aws ') && !/^aws \S+ (get|list|describe)-/.test(line),
    );
    expect(commands).not.toEqual([]);
    const repaired = commands.reduce(applyRepair, { ...healthyChain, ...broken.chain });
    expect(judge(link, repaired, broken.setup)).toMatchObject({ link, verdict: 'pass' });
  }
  return result;
}

import { type Chain, type CorsRule, type Evidence } from './evidence.ts';
import { type Setup } from './setup.ts';

export type Verdict = 'pass' | 'fail' | 'warn' | 'couldNotCheck';
/** `critical`: somebody can reach what is not theirs. `error`: it does not work. */
export type Severity = 'none' | 'warning' | 'error' | 'critical';

/** A change that is safe to make without thinking twice: it adds, and takes nothing away. */
export type Fix =
  | { readonly kind: 'attachIotPolicy'; readonly policyName: string; readonly identityId: string }
  | { readonly kind: 'putCors'; readonly bucket: string; readonly rules: readonly CorsRule[] }
  | {
      readonly kind: 'setSetting';
      readonly path: string;
      readonly name: string;
      readonly value: string;
      readonly line: number;
    };

export interface Finding {
  readonly verdict: Verdict;
  readonly severity: Severity;
  /** What was seen, a sentence a line. */
  readonly evidence: readonly string[];
  /** Commands, or lines that begin with `# ` where no command can do it. */
  readonly repair: readonly string[];
  readonly fixes: readonly Fix[];
}

/** One link of the chain, as it is printed. */
export interface LinkResult extends Finding {
  readonly link: string;
  readonly title: string;
  /** Why it matters. */
  readonly why: string;
  /** Whether it was judged without asking AWS anything. */
  readonly local: boolean;
}

/** A question that can be answered from the evidence alone. Pure. */
export interface Link {
  /** Stable: `area.subject`. */
  readonly id: string;
  readonly title: string;
  readonly why: string;
  /** Judged by what was given alone: it says nothing about whether AWS could be asked. */
  readonly local?: true;
  /** Where it fails, nothing after it can be judged by what AWS says. Said even where only others were asked for. */
  readonly isGround?: true;
  /** Why this link is no part of this setup, if it is none. */
  skip?(setup: Setup): string | undefined;
  check(setup: Setup, chain: Chain): Finding;
}

export function pass(...evidence: readonly string[]): Finding {
  return { verdict: 'pass', severity: 'none', evidence, repair: [], fixes: [] };
}

interface Trouble {
  readonly evidence: readonly string[];
  readonly repair: readonly string[];
  readonly fixes?: readonly Fix[];
}

export function fail({ evidence, repair, fixes = [] }: Trouble): Finding {
  return { verdict: 'fail', severity: 'error', evidence, repair, fixes };
}

/** A failure by which somebody can reach what is not theirs. */
export function breach({ evidence, repair, fixes = [] }: Trouble): Finding {
  return { verdict: 'fail', severity: 'critical', evidence, repair, fixes };
}

export function warn({ evidence, repair, fixes = [] }: Trouble): Finding {
  return { verdict: 'warn', severity: 'warning', evidence, repair, fixes };
}

export function couldNotCheck(reason: string, ...repair: readonly string[]): Finding {
  return { verdict: 'couldNotCheck', severity: 'none', evidence: [reason], repair, fixes: [] };
}

/** The finding for evidence that is not there. */
export function missing(evidence: Evidence<unknown> & { readonly state: 'unavailable' }): Finding {
  return couldNotCheck(evidence.reason);
}

const order: readonly Verdict[] = ['fail', 'warn', 'couldNotCheck', 'pass'];
const weight: readonly Severity[] = ['none', 'warning', 'error', 'critical'];

/** Several findings about one link: the worst verdict decides, and what is wrong is listed before the rest. */
export function worst(findings: readonly Finding[]): Finding {
  const sorted = findings.toSorted((a, b) => order.indexOf(a.verdict) - order.indexOf(b.verdict));
  const verdict = sorted[0]?.verdict ?? 'pass';
  const telling = sorted.filter((one) => one.verdict === verdict);
  return {
    verdict,
    severity: telling.reduce<Severity>(
      (most, one) => (weight.indexOf(one.severity) > weight.indexOf(most) ? one.severity : most),
      'none',
    ),
    evidence: [...new Set(telling.flatMap((one) => one.evidence))],
    repair: [...new Set(telling.flatMap((one) => one.repair))],
    fixes: telling.flatMap((one) => one.fixes),
  };
}

import { type Chain } from './evidence.ts';
import { type Link, type LinkResult, type Verdict } from './link.ts';
import { mask } from './masking.ts';
import { type Setup } from './setup.ts';

/** What the doctor found. */
export interface Diagnosis {
  readonly results: readonly LinkResult[];
  /** Links that are no part of this setup, and why. */
  readonly skipped: readonly { readonly link: string; readonly reason: string }[];
}

/** Walks the chain. Texts that came from elsewhere are masked here, once, for every output. */
export function diagnose(links: readonly Link[], setup: Setup, chain: Chain): Diagnosis {
  const skipped: { link: string; reason: string }[] = [];
  const results: LinkResult[] = [];
  const given = [...setup.settingsFiles, ...setup.templateFiles];
  for (const link of links) {
    const reason = link.skip?.(setup);
    if (reason !== undefined) {
      skipped.push({ link: link.id, reason });
      continue;
    }
    const finding = link.check(setup, chain);
    results.push({
      link: link.id,
      title: link.title,
      why: link.why,
      local: link.local === true,
      ...finding,
      evidence: finding.evidence.map((line) => mask(line, given)),
      repair: finding.repair.map((line) => mask(line, given)),
    });
  }
  return { results, skipped };
}

export const EXIT_CODES = { ok: 0, warnings: 1, failures: 2, nothingChecked: 3 } as const;

/** 0: nothing wrong; 1: warnings; 2: failures; 3: nothing could be checked. */
export function exitCodeOf({ results }: Diagnosis): number {
  const has = (verdict: Verdict) => results.some((one) => one.verdict === verdict);
  if (has('fail')) return EXIT_CODES.failures;
  if (has('warn')) return EXIT_CODES.warnings;
  return results.some(({ verdict, local }) => verdict === 'pass' && !local)
    ? EXIT_CODES.ok
    : EXIT_CODES.nothingChecked;
}

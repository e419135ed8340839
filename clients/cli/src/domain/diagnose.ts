import { type Chain } from './evidence.ts';
import { type Link, type LinkResult, type Verdict } from './link.ts';
import { mask } from '@stepcast/operations';
import { type Setup } from './setup.ts';

/** What the doctor found. */
export interface Diagnosis {
  readonly results: readonly LinkResult[];
  /** Links that are no part of this setup, and why. */
  readonly skipped: readonly { readonly link: string; readonly reason: string }[];
}

/**
 * Walks the chain. Texts that came from elsewhere are masked here, once, for every output.
 * @param isAsked which links are to be reported; default all
 */
export function diagnose(
  links: readonly Link[],
  setup: Setup,
  chain: Chain,
  isAsked: (link: Link) => boolean = () => true,
): Diagnosis {
  const skipped: { link: string; reason: string }[] = [];
  const results: LinkResult[] = [];
  /** What the rest would stand on, and is not there. */
  let noGround: string | undefined;
  const given = [...setup.settingsFiles, ...setup.templateFiles];
  for (const link of links) {
    const asked = isAsked(link);
    if (!asked && link.isGround !== true) continue;
    const reason = link.local === true ? link.skip?.(setup) : (noGround ?? link.skip?.(setup));
    if (reason !== undefined) {
      if (asked) skipped.push({ link: link.id, reason });
      continue;
    }
    const finding = link.check(setup, chain);
    const lacking =
      finding.verdict === 'couldNotCheck' ? (noGround ?? lackingIn(finding.evidence)) : undefined;
    if (lacking !== undefined) {
      if (asked) skipped.push({ link: link.id, reason: lacking });
      continue;
    }
    if (!asked && finding.verdict === 'pass') continue;
    if (link.isGround === true && finding.verdict === 'fail') noGround = finding.evidence[0];
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

/** What the sandbox does not have is no part of a run against it: nobody could ever check it there. */
function lackingIn(evidence: readonly string[]): string | undefined {
  const [first = ''] = evidence;
  const lacks = /the sandbox (?:has no [A-Z][A-Za-z0-9 ]{1,40}|does not have this)/;
  return evidence.every((line) => lacks.test(line)) ? (lacks.exec(first)?.[0] ?? undefined) : undefined;
}

export const EXIT_CODES = { ok: 0, warnings: 1, failures: 2, notAllChecked: 3 } as const;

/** Whether anything outside of this machine was checked at all. */
export function hasChecked({ results }: Pick<Diagnosis, 'results'>): boolean {
  return results.some(({ verdict, local }) => verdict !== 'couldNotCheck' && !local);
}

/** 2: failures; else 3: something could not be checked; else 1: warnings; else 0: all was checked, and nothing is wrong. */
export function exitCodeOf(diagnosis: Diagnosis): number {
  const has = (verdict: Verdict) => diagnosis.results.some((one) => one.verdict === verdict);
  if (has('fail')) return EXIT_CODES.failures;
  if (has('couldNotCheck') || !hasChecked(diagnosis)) return EXIT_CODES.notAllChecked;
  return has('warn') ? EXIT_CODES.warnings : EXIT_CODES.ok;
}

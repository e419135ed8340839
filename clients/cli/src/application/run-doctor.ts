import { diagnose, type Diagnosis } from '../domain/diagnose.ts';
import { type Link } from '../domain/link.ts';
import { type Setup } from '../domain/setup.ts';
import type { Confirmation, Repairs } from '../ports/repairs.port.ts';
import type { Sources } from '../ports/sources.port.ts';
import { completeSetup, gatherEvidence } from './gather-evidence.ts';
import { repairAll, type FixOutcome } from './repair.ts';

export interface DoctorRun {
  readonly setup: Setup;
  readonly diagnosis: Diagnosis;
  readonly fixes: readonly FixOutcome[];
}

/**
 * Gathers, judges, and with `fix` repairs what is safe to repair; then gathers and judges again, so that what is reported
 * is how things are now.
 */
export async function runDoctor(
  { all, isAsked }: { readonly all: readonly Link[]; readonly isAsked: (link: Link) => boolean },
  given: Setup,
  sources: Sources,
  fix:
    | {
        readonly repairs: Repairs;
        readonly confirmation: Confirmation;
        readonly show: (lines: readonly string[]) => void;
      }
    | undefined,
): Promise<DoctorRun> {
  const examine = async () => {
    const { setup, first } = await completeSetup(given, sources);
    const chain = await gatherEvidence(setup, sources, first);
    return { setup, diagnosis: diagnose(all, setup, chain, isAsked) };
  };
  const before = await examine();
  if (fix === undefined) return { ...before, fixes: [] };
  const fixes = await repairAll(before.diagnosis.results, fix.repairs, fix.confirmation, fix.show);
  const after = fixes.some(({ outcome }) => outcome === 'done') ? await examine() : before;
  return { ...after, fixes };
}

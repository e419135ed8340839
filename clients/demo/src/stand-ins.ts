import type { StepView } from './upload-view.ts';

/** Says of steps that nothing has done their work: the sandbox made their answers up. */
export function markStandIns(steps: readonly StepView[], standIns: ReadonlySet<string>): readonly StepView[] {
  if (standIns.size === 0) return steps;
  return steps.map((step) =>
    standIns.has(step.name)
      ? { ...step, detail: ['stand-in', step.detail].filter((part) => part !== '').join(' · ') }
      : step,
  );
}

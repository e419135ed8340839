import type { StepView } from './step-view.ts';

/** Says of a step that nothing has done its work: the sandbox made its answer up. */
export function markStandIn(step: StepView, standIns: ReadonlySet<string>): StepView {
  if (!standIns.has(step.name)) return step;
  return { ...step, detail: ['stand-in', step.detail].filter((part) => part !== '').join(' · ') };
}

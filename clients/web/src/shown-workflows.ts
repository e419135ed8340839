import type { WorkflowOutline } from '@stepcast/contracts';
import { provision, type Provisioned, type ProvisioningOptions } from './provisioning.ts';
import type { Runtime } from './runtime.ts';

/** The outlines of the installation's workflows, as the last reply of provisioning had them. */
export class ShownWorkflows {
  readonly #changed: (workflows: readonly WorkflowOutline[]) => void;
  #workflows: readonly WorkflowOutline[] = [];

  constructor(changed: (workflows: readonly WorkflowOutline[]) => void) {
    this.#changed = changed;
  }

  /** The same object as long as nothing in it has changed, so that what is drawn from it stays as it is. */
  get workflows(): readonly WorkflowOutline[] {
    return this.#workflows;
  }

  take(workflows: readonly WorkflowOutline[]): void {
    if (JSON.stringify(workflows) === JSON.stringify(this.#workflows)) return;
    this.#workflows = workflows;
    this.#changed(workflows);
  }
}

/** Has identities provisioned, and keeps what the answers say of the workflows. */
export function provisionTelling(
  options: ProvisioningOptions,
  fetch: typeof globalThis.fetch,
  runtime: Runtime,
  shown: ShownWorkflows,
): (refused: boolean) => Promise<Provisioned> {
  return async (refused) => {
    const provisioned = await provision({ ...options, refused }, fetch, runtime);
    shown.take(provisioned.workflows);
    return provisioned;
  };
}

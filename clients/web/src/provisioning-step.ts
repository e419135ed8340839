import type { AttemptPolicy } from './attempt-policy.ts';
import type { ConnectionParts } from './connection-parts.ts';
import { TransportError } from './transport.port.ts';

/** Has the identity provisioned when the attempt policy says so, and tells the policy what came of it. */
export class ProvisioningStep {
  readonly #provision: ConnectionParts['provision'];
  readonly #policy: AttemptPolicy;

  constructor(provision: ConnectionParts['provision'], policy: AttemptPolicy) {
    this.#provision = provision;
    this.#policy = policy;
  }

  /** Whether an attempt has to begin with it. */
  get needed(): boolean {
    return this.#provision !== undefined && this.#policy.mustProvision;
  }

  /** Whether the service may be asked now to check a policy that was provisioned. */
  get mayRenew(): boolean {
    return this.#provision !== undefined && this.#policy.mayRenew;
  }

  /**
   * @param begins called before the request is made
   * @throws StepcastError when the attempt cannot go on without an answer, or the broker refused again too soon
   */
  async run(begins: () => void = () => undefined): Promise<void> {
    const refused = this.#policy.provisioning();
    begins();
    try {
      const provisioned = await this.#provision?.(refused);
      if (provisioned !== undefined) this.#policy.provisionedAs(provisioned);
    } catch (thrown) {
      if (!this.#policy.provisioningFailed(refused)) throw thrown;
    }
  }

  /**
   * After an error on a connection that stays open: if the broker refused for lack of rights, has the policy checked, as
   * far as that may be now. Never throws: what was refused is tried again, and refused again if this did not help.
   */
  async renewAfter(thrown: unknown): Promise<void> {
    if (!(thrown instanceof TransportError && thrown.unauthorized) || !this.mayRenew) return;
    this.#policy.refusedWhileLive();
    await this.run().catch(() => undefined);
  }
}

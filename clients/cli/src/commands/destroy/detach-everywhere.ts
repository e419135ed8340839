import { pause } from '@stepcast/kit';
import { UnfinishedError } from '@stepcast/operations';
import type { Lifecycle } from './ports.ts';

/** AWS IoT takes 15 DetachPolicy a second in an account; the provisioner's own calls need room beside these. */
const BETWEEN_DETACHES_MS = 100;
/** What was detached may be listed for a while longer. */
const BETWEEN_PASSES_MS = 2_000;
const MAX_PASSES = 30;

export interface Detaching {
  readonly signal: AbortSignal;
  readonly progress: (detached: number) => void;
}

/**
 * Takes the policy from everybody, page by page. A list that becomes shorter while it is read leaves some out, so it is read
 * until it is empty.
 * @returns how many were detached
 * @throws UnfinishedError when stopped, or when others attach it as fast as it is taken away
 */
export async function detachEverywhere(
  { targets, timers }: Lifecycle,
  policyName: string,
  { signal, progress }: Detaching,
): Promise<number> {
  let detached = 0;
  for (let pass = 0; pass < MAX_PASSES; pass += 1) {
    let marker: string | undefined;
    let seen = 0;
    do {
      const page = await targets.page(policyName, marker);
      for (const target of page.targets) {
        if (signal.aborted) throw new UnfinishedError(`stopped: ${detached} detached; run it again to go on`);
        await targets.detach(policyName, target);
        seen += 1;
        progress((detached += 1));
        await pause(timers, BETWEEN_DETACHES_MS, signal);
      }
      marker = page.next;
    } while (marker !== undefined);
    if (seen === 0) return detached;
    await pause(timers, BETWEEN_PASSES_MS, signal);
  }
  throw new UnfinishedError(
    `${policyName} is attached again as fast as it is detached; stop what provisions people, and run it again`,
  );
}
